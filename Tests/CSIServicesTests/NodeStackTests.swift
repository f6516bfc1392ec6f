import CSIMessages
import CSIServing
import DriverCore
import Naming
import NodeStorage
import TestSupport
import Testing

@testable import CSIServices
@testable import GRPCRuntime

/// What each role takes from the one value that wires a node.
@Suite(.timeLimit(.minutes(5))) struct NodeStackTests {
    private static func stack(in folder: TemporaryFolder) throws -> NodeStack {
        try NodeStack(
            identity: NodeIdentity(
                driverName: "test.csi",
                version: "0",
                nodeID: "n",
                topology: [:]
            ),
            tiers: [Tier(ScriptedBackend(folder: folder.makeFolder("data")))],
            settings: NodeSettings(
                kubeletRoot: folder.path(of: "kubelet"),
                usageFolder: folder.makeFolder("usage"),
                defaultTier: "scripted"
            ),
            logger: quietLogger
        )
    }

    /// Which of three services a router has, by one method of each.
    private func services(_ register: (inout Router) -> Void) -> [String] {
        var router = Router()
        register(&router)
        return [ProbeRequest.method, CreateVolumeRequest.method, NodeStageVolumeRequest.method]
            .filter { router.handler(of: $0) != nil }
    }

    @Test func `an endpoint serves what is registered for it and nothing more`() throws {
        try withTemporaryFolder { folder in
            let stack = try Self.stack(in: folder)
            #expect(services(stack.registerIdentity) == [ProbeRequest.method])
            #expect(services(stack.registerController) == [CreateVolumeRequest.method])
            #expect(services(stack.registerNode) == [NodeStageVolumeRequest.method])
        }
    }

    @Test func `a volume that is being made does not count as absent`() async throws {
        try await withTemporaryFolder { folder in
            let stack = try Self.stack(in: folder)
            let id = stack.identity.volumeID(forName: "v").text
            let ask: @Sendable () async throws(DriverError) -> Void = { () throws(DriverError) in
                let context = CallContext(method: "/test", peer: Peer(address: "test"))
                let request = ControllerGetVolumeRequest(volumeID: id)
                _ = try await stack.controller.getVolume(request, context)
            }
            let barrier = Barrier()
            barrier.close()
            async let made: Void = stack.operations.run("CreateVolume", holding: [.exclusive(id)]) {
                (_) in barrier.pass()
            }
            try await wait(for: "the create to run") { barrier.held == 1 }
            let during = await #expect(throws: DriverError.self) { try await ask() }
            #expect(during?.code == .operationPending)
            barrier.open()
            try await made
            let after = await #expect(throws: DriverError.self) { try await ask() }
            #expect(after?.code == .notFound)
        }
    }

    @Test func `a node is ready once its tiers are open, while it serves`() async {
        // A process of its own, since the end of a run stops every command of the process.
        await #expect(processExitsWith: .success) {
            try await withTemporaryFolder { folder in
                let stack = try NodeStackTests.stack(in: folder)
                precondition(!stack.readiness.isReady)
                await stack.run {
                    try? await wait(for: "open tier") { stack.readiness.isReady }
                }
                precondition(stack.readiness.isReady)
                precondition(stack.operations.runningCount == 0)
            }
        }
    }
}
