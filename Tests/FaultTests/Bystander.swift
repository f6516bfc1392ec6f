import CSIMessages
import DriverHarness
import Testing

/// A volume that a pod uses while something else breaks: it must never notice.
struct Bystander {
    let id: String
    let target: String
    private let cluster: Cluster

    /// Makes, mounts and fills a volume.
    init(on tier: PoolKind, of cluster: Cluster) async throws {
        self.cluster = cluster
        id = try await cluster.create(cluster.unique("bystander"), tier: tier.tier).volumeID
        target = cluster.target()
        try await cluster.stage(id)
        try await cluster.publish(id, at: target)
        try write("bystander", in: target)
    }

    /// Its contents are there, it can be written, and a second volume can be made beside it.
    func expectUnharmed(makes: Bool = true) async throws {
        try expectContents("bystander", in: target)
        try write("bystander", in: target)
        #expect(try await cluster.stats(id, at: target).count == 2)
        #expect(try await cluster.get(id).volumeID == id)
        guard makes else { return }
        let tier = cluster.pools.first { $0.data(of: id).isThere }?.kind.tier
        let other = try await cluster.create(cluster.unique("beside"), tier: tier).volumeID
        try await cluster.using(other) { try write("beside", in: $0) }
        try await cluster.delete(other)
    }

    /// Gives everything back, which must still be possible.
    func end() async throws {
        try expectContents("bystander", in: target)
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }
}
