import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// A driver that is told another wall clock than everybody else; the clock that only counts is true.
///
/// The pool's kernel keeps the true time, so file systems meet dates in the future and the past.
@Suite(
    .serialized,
    .cluster(.ext4Thin, .xfsThin, startedBy: FalseClock.command),
    .timeLimit(.minutes(10))
)
struct `A clock that jumps` {
    let cluster: Cluster
    private var clock: FalseClock { FalseClock(folder: cluster.folder) }

    init() throws { cluster = try Cluster.here() }

    private static let jumps = [40, -40]

    /// Seconds since 1970 of a snapshot cut now, as the driver tells it.
    private func told(_ source: String) async throws -> Int64 {
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("clock"))
        try await cluster.deleteSnapshot(snapshot.snapshotID)
        return try #require(snapshot.creationTime).seconds
    }

    @Test(arguments: jumps)
    func `does not end a running call, and its deadline is kept`(_ years: Int) async throws {
        let id = try await cluster.holdingStage(timeout: .seconds(60)) { _ in
            try clock.set(toYears: years)
        }
        try await cluster.heldStageEnds(with: .ok)
        try await cluster.unstage(id)
        try clock.set(toYears: 0)
        let late = try await cluster.holdingStage(timeout: .seconds(1)) { _ in
            try clock.set(toYears: years)
            try await cluster.waitForHeldStage()
        }
        try await cluster.heldStageEnds(with: .deadlineExceeded)
        try await cluster.retryingWhileAborted { try await cluster.unstage(late) }
        try clock.set(toYears: 0)
        for volume in [id, late] { try await cluster.delete(volume) }
    }

    @Test(arguments: jumps)
    func `changes no volume and no snapshot`(_ years: Int) async throws {
        let other = try await Bystander(on: .ext4Thin, of: cluster)
        let name = cluster.unique("before")
        let id = try await cluster.create(name).volumeID
        try await cluster.using(id) { try write("before", in: $0) }
        let cut = cluster.unique("cut")
        let snapshot = try await cluster.snapshot(id, named: cut)
        let now = try await told(id)
        try clock.set(toYears: years)
        let distance = try await told(id) - now
        #expect(abs(distance) > 39 * 365 * 86_400)
        #expect(try await cluster.create(name).volumeID == id)
        #expect(try await cluster.snapshot(id, named: cut) == snapshot)
        // The file system was last mounted at another time than now.
        try await cluster.using(id) { try expectContents("before", in: $0) }
        try await other.expectUnharmed()
        try await cluster.driver.restart()
        let restored = try await cluster.create(
            cluster.unique("restored"),
            from: .snapshot(snapshot.snapshotID)
        ).volumeID
        try await cluster.using(restored) { try expectContents("before", in: $0) }
        #expect(try await cluster.snapshot(id, named: cut) == snapshot)
        try await other.expectUnharmed()
        try clock.set(toYears: 0)
        try await cluster.using(restored) { try expectContents("before", in: $0) }
        try await cluster.deleteSnapshot(snapshot.snapshotID)
        for volume in [id, restored] { try await cluster.delete(volume) }
        try await other.end()
    }
}
