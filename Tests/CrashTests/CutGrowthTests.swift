import BackendLoop
import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// A growth is cut short and never repeated; the volume goes on being used and copied.
@Suite(
    .serialized,
    .cluster(.ext4Thin, .xfsThin, .xfsThick, poolSize: .gibibytes(1)),
    .timeLimit(.minutes(15))
)
struct `Growth that nobody repeats` {
    @Test(arguments: [Failpoint.expandFileGrown, .expandFileSynced, .recordDrafted], 0..<3)
    func `a copy made later holds everything`(_ step: Failpoint, _ pool: Int) async throws {
        let cluster = try Cluster.here()
        cluster.driver.setVariables([Failpoint.variable: "\(step.name):kill:\(pass(step))"])
        try await cluster.driver.restart(SIGKILL)
        var subject = Subject(in: cluster)
        let tier = cluster.pools[pool].kind.tier
        subject.volume = try await cluster.create(subject.name, mebibytes: 32, tier: tier).volumeID
        try await cluster.using(subject.volume) { try fill($0) }
        await expectFailure(.unavailable) {
            try await cluster.expand(subject.volume, to: .mebibytes(64))
        }
        #expect(try await cluster.driver.stop(SIGTERM) == .signalled(SIGKILL))
        cluster.driver.setVariables([:])
        try await cluster.driver.start()

        let size = try await cluster.get(subject.volume).capacityBytes
        try await cluster.using(subject.volume) { try expectFilled($0) }
        #expect(try await cluster.get(subject.volume).capacityBytes == size)
        let snapshot = try await cluster.snapshot(subject.volume, named: subject.name)
        #expect(snapshot.sizeBytes == size)
        let copy = try await cluster.create(
            subject.name + "-copy",
            mebibytes: size >> 20,
            tier: tier,
            from: .snapshot(snapshot.snapshotID)
        ).volumeID
        try await cluster.using(copy) { try expectFilled($0) }
        for volume in [copy, subject.volume] { try await cluster.delete(volume) }
        try await cluster.deleteSnapshot(snapshot.snapshotID)
    }

    /// The first two records are those of the formatting.
    private func pass(_ step: Failpoint) -> Int { step == .recordDrafted ? 3 : 1 }
}
