import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// A tier that somebody takes out of the tiers file while it has volumes.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A tier that is in no tiers file any more` {
    let cluster: Cluster
    let state: String

    init() throws {
        cluster = try Cluster.here()
        state = "\(cluster.driver.places.stateFolder)/pool-\(PoolKind.xfsThin.tier).json"
    }

    /// Runs the body with a file that names the first tier alone.
    private func abandoning(_ body: () async throws -> Void) async throws {
        let file = cluster.driver.places.tiersFile
        let whole = try Files.text(file)
        let rest = try #require(whole.firstRange(of: "  - name: \(PoolKind.xfsThin.tier)"))
        try Bytes.write(String(whole[..<rest.lowerBound]), to: file)
        try await cluster.driver.restart()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        try Bytes.write(whole, to: file)
        try await cluster.driver.restart()
        try outcome.get()
    }

    @Test func `lets no delete succeed that may be one of its volumes or snapshots`() async throws {
        let id = try await cluster.create(cluster.unique("kept"), tier: PoolKind.xfsThin.tier)
            .volumeID
        try await cluster.using(id) { try write("kept", in: $0) }
        let cut = try await cluster.snapshot(id, named: cluster.unique("cut")).snapshotID
        try await abandoning {
            for delete: () async throws -> Void in [
                { try await cluster.delete(id) }, { try await cluster.deleteSnapshot(cut) },
            ] {
                await expectFailure(.unavailable, PoolKind.xfsThin.tier, "put it back", state) {
                    try await delete()
                }
            }
            // The tier that is left serves as ever.
            let other = try await cluster.create(cluster.unique("other")).volumeID
            try await cluster.delete(other)
        }
        try await cluster.using(id) { try expectContents("kept", in: $0) }
        try await cluster.deleteSnapshot(cut)
        try await cluster.delete(id)
    }

    @Test func `is forgotten with its file in the state folder`() async throws {
        let id = try await cluster.create(cluster.unique("gone"), tier: PoolKind.xfsThin.tier)
            .volumeID
        try await cluster.delete(id)
        let kept = try Files.text(state)
        try await abandoning {
            await expectFailure(.unavailable, state) { try await cluster.delete(id) }
            try Tool.run("/usr/bin/rm", state)
            try await cluster.delete(id)
            try Bytes.write(kept, to: state)
        }
    }
}
