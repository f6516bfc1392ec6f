import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// A process in a mount namespace of its own keeps what is unmounted everywhere else, as the pod of
/// an agent does that mounts the host's root.
@Suite(.serialized, .cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `A process that keeps a mount` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private func held() throws -> Double? { try cluster.driver.metrics()["cairn_volumes_held"] }

    @Test func `is named by the refusal and counted by the metrics, until it ends`() async throws {
        let id = try await cluster.create(cluster.unique("held")).volumeID
        try await cluster.stage(id)
        let stranger = try await PrivateNamespace(folder: cluster.folder)
        let holder = "process \(stranger.pid) (sleep)"
        await expectFailure(.failedPrecondition, id, holder, cluster.staging(id)) {
            try await cluster.unstage(id)
        }
        #expect(try held() == 1)
        await expectFailure(.failedPrecondition, id, holder) { try await cluster.delete(id) }
        try await stranger.end()
        try await cluster.unstage(id)
        #expect(try held() == 0)
        #expect(cluster.devices(of: id).isEmpty)
        try await cluster.delete(id)
    }
}
