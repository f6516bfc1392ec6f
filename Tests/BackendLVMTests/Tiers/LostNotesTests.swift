import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// A bind mount of a device's node keeps nothing open: only the mount table tells of it.
@Suite(.inGuest, .timeLimit(.minutes(10)))
struct LostNotesTests {
    private func loseNotes(of cluster: Cluster) async throws {
        try await cluster.driver.stop(SIGKILL)
        try cluster.loseNotes()
        try await cluster.driver.start()
        try await waitForTier(of: cluster)
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a published raw volume is kept, and its pod never sees the next one's bytes`(
        kind: TestTier.Kind
    ) async throws {
        try await withDriver(kind) { cluster in
            let id = try await cluster.create("raw", as: .block()).volumeID
            let target = cluster.target()
            try await cluster.stage(id, as: .block())
            try await cluster.publish(id, at: target, as: .block())
            try Bytes.write(noise("raw"), to: target)
            try await loseNotes(of: cluster)
            for call: () async throws -> Void in [
                { try await cluster.delete(id) }, { try await cluster.unstage(id) },
            ] {
                await expectFailure(.failedPrecondition, id, target) { try await call() }
            }
            let next = try await cluster.create("next", as: .block()).volumeID
            let other = cluster.target()
            try await cluster.stage(next, as: .block())
            try await cluster.publish(next, at: other, as: .block())
            try Bytes.write(noise("next"), to: other)
            #expect(try Bytes.read(target, count: 200_000) == noise("raw"))
            for (id, target) in [(id, target), (next, other)] {
                try await cluster.unpublish(id, from: target)
                try await cluster.unstage(id)
                try await cluster.delete(id)
            }
            #expect(try await cluster.volumes().isEmpty)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `what another mount namespace keeps is not deleted, and the holder is named`(
        kind: TestTier.Kind
    ) async throws {
        try await withDriver(kind) { cluster in
            let id = try await cluster.create("mounted").volumeID
            try await cluster.stage(id)
            let stranger = try await PrivateNamespace(folder: cluster.folder)
            let holder = "process \(stranger.pid) (sleep)"
            for call: () async throws -> Void in [
                { try await cluster.unstage(id) }, { try await cluster.delete(id) },
            ] {
                await expectFailure(.failedPrecondition, id, holder) { try await call() }
            }
            try await stranger.end()
            try await cluster.unstage(id)
            try await cluster.delete(id)
        }
    }
}
