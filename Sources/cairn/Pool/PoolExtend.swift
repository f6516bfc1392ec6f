import ArgumentParser
import BackendLVM
import DriverCore

/// The command `cairn pool extend`.
struct PoolExtend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend",
        abstract: "Extend the data or the metadata of a thin pool.",
        discussion: """
            Works while volumes of the pool are mounted, and also when the pool is full.

            Example:
              cairn pool extend fast/pool --size 100Gi
              cairn pool extend fast/pool --metadata 1Gi
              cairn pool extend fast/pool --disk /dev/nvme2n1 --size 500Gi
            """
    )

    @Argument(help: "The volume group and the pool, such as fast/pool.")
    var pool: PoolPath

    @Option(help: "How much to add to the data.")
    var size: ByteCount?

    @Option(help: "How much to add to the metadata.")
    var metadata: ByteCount?

    @Option(help: "A blank disk for the volume group. May be repeated.", completion: .file())
    var disk: [String] = []

    @OptionGroup var plan: PlanOptions

    func run() async throws {
        try plan.carryOut(
            PoolPlan.extend(
                group: pool.group,
                pool: pool.pool,
                disks: disk,
                by: size,
                metadataBy: metadata
            )
        )
    }
}
