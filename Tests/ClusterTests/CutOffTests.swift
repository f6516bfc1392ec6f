import BackendLoop
import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// How a node is cut off.
enum Cut: CaseIterable, Sendable {
    /// Both ends see that the carrier is gone.
    case cable
    /// Packets vanish, and nobody is told.
    case packets

    func apply(to node: Cluster, of fleet: Fleet) throws {
        switch self {
        case .cable: try fleet.network.cut(node)
        case .packets: try fleet.network.drop(node)
        }
    }
}

/// A node that nobody can reach, while it lives.
@Suite(.serialized, .fleet(), .timeLimit(.minutes(5)))
struct `A node that is cut off` {
    let fleet: Fleet
    private var controller: Cluster { fleet.controllers[0] }
    private var other: Cluster { fleet.controllers[1] }
    private var node: Cluster { fleet.nodes[1] }

    init() throws { fleet = try Fleet.here() }

    private func request(_ name: String) -> CreateVolumeRequest {
        Fleet.request(name, preferred: node.topology, requisite: fleet.nodes.map(\.topology))
    }

    /// The network is whole again for the test that follows.
    private func cutOff(_ cut: Cut, _ body: () async throws -> Void) async throws {
        try cut.apply(to: node, of: fleet)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        try fleet.network.mend(node)
        try outcome.get()
    }

    /// The retry through both replicas makes one volume, or finds the one that is there.
    private func retry(_ request: CreateVolumeRequest) async throws -> Volume {
        let volume = try #require(try await fleet.insisting(on: request).volume)
        for controller in fleet.controllers {
            try await fleet.waitUntilComplete(controller)
            let again = try await fleet.insisting(on: request, through: controller)
            #expect(again.volume?.volumeID == volume.volumeID)
        }
        let holder = try #require(fleet.node(of: volume.volumeID))
        #expect(fleet.holders(of: request.name) == [holder.name])
        return volume
    }

    private func expectAllCalm() async throws {
        for controller in fleet.controllers { try await fleet.waitUntilComplete(controller) }
        // The first call over a connection that broke says so.
        try await wait(for: "the same list from both controllers") {
            guard let first = try? await controller.volumes(),
                let second = try? await other.volumes()
            else { return false }
            return Set(first) == Set(second)
        }
    }

    @Test(arguments: Cut.allCases)
    func `before a create holds the create up, and no other node makes it instead`(_ cut: Cut)
        async throws
    {
        let request = request(controller.unique("before"))
        try await cutOff(cut) {
            for controller in fleet.controllers {
                await expectRetried { try await controller.call(request, timeout: .seconds(8)) }
            }
            #expect(fleet.holders(of: request.name).isEmpty)
        }
        let volume = try await retry(request)
        try await controller.delete(volume.volumeID)
        try await expectAllCalm()
    }

    @Test(arguments: Cut.allCases, [Failpoint.createFolderMade, .createPublished])
    func `during a create makes its volume, and the retry makes no second one`(
        _ cut: Cut,
        _ point: Failpoint
    ) async throws {
        let request = request(controller.unique("during"))
        let caller = controller
        let ending = try await node.holding(at: point) {
            try await caller.call(request, timeout: .seconds(3))
        } while: {
            try cut.apply(to: node, of: fleet)
        }
        expectRetried(ending)
        await expectRetried { try await other.call(request, timeout: .seconds(3)) }
        #expect(fleet.holders(of: request.name).allSatisfy { $0.hasPrefix(node.name) })
        try fleet.network.mend(node)
        let volume = try await retry(request)
        #expect(fleet.node(of: volume.volumeID) === node)
        try await controller.delete(volume.volumeID)
        try await expectAllCalm()
    }

    @Test(arguments: Cut.allCases)
    func `after a create still has the only volume of that name`(_ cut: Cut) async throws {
        let request = request(controller.unique("after"))
        let made = try await controller.create(request)
        try await cutOff(cut) {
            await expectRetried { try await other.call(request, timeout: .seconds(8)) }
            await expectRetried { try await other.delete(made.volumeID) }
            await expectFailure(.unavailable, node.name) {
                try await fleet.waitUntil(other, sees: node, as: .silent)
                return try await other.volumes()
            }
            #expect(fleet.holders(of: request.name) == [node.name])
        }
        #expect(try await retry(request).volumeID == made.volumeID)
        try await other.delete(made.volumeID)
        try await expectAllCalm()
    }

    @Test func `serves its pods all the while`() async throws {
        let volume = try await controller.create(request(controller.unique("pods"))).volumeID
        try await cutOff(.packets) {
            try await node.using(volume) { folder in
                try write("cut off", in: folder)
                try await node.driver.restart()
                try expectContents("cut off", in: folder)
            }
        }
        try await node.using(volume) { try expectContents("cut off", in: $0) }
        try await expectAllCalm()
        _ = try await fleet.insisting(on: DeleteVolumeRequest(volumeID: volume))
    }

    @Test func `for five seconds delays calls, and loses none of their work`() async throws {
        let requests = (0..<4).map { _ in request(controller.unique("dropped")) }
        let calls = requests.map { request in
            Task { [fleet] in try await fleet.insisting(on: request, timeout: .seconds(20)) }
        }
        try await cutOff(.packets) { try await Task.sleep(for: .seconds(5)) }
        for (request, call) in zip(requests, calls) {
            let volume = try #require(try await call.value.volume)
            #expect(try await retry(request).volumeID == volume.volumeID)
            try await controller.delete(volume.volumeID)
        }
        try await expectAllCalm()
    }
}
