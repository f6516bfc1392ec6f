import DriverCore
import DriverHarness
import Testing

extension Trait where Self == ClusterTrait {
    /// A driver that is killed or made to fail, with no more places for volumes than a story needs: a
    /// place that a crash or a failure keeps is missing at the retry, or in a later story.
    static func crashing(_ kind: PoolKind) -> Self {
        .cluster(
            kind,
            poolSize: .gibibytes(1),
            inline: "    inline: {maxSize: 32Mi, maxVolumes: 1}\n",
            // The bystander, a source and its copy.
            flags: ["--max-volumes", "3"]
        )
    }
}
