import Backend
import CSIMessages
import DriverCore
import GRPCRuntime
import Naming
import NodeStorage
import TestSupport
import Testing

@testable import CSIServices

/// Storage that hangs in the middle of a change: nobody is told that the change has failed, as it may
/// still happen.
@Suite(.timeLimit(.minutes(5))) struct HangingChangeTests {
    @Test func `a create that hangs keeps its name until it has ended`() async throws {
        try await withNode { backend, controller in
            backend.hang(only: "createVolume")
            try await giveUp(backend) { _ = try await create("v", controller) }
            for _ in 0..<10 {
                #expect(await code { _ = try await create("v", controller) } == .operationPending)
            }
            backend.goOn()
            try await waitFor { _ = try await create("v", controller) }
            #expect(try backend.volumes().map(\.name) == ["v"])
        }
    }

    @Test func `a delete that hangs keeps its volume's name until it has ended`() async throws {
        try await withNode { backend, controller in
            let id = try await create("v", controller)
            backend.hang(only: "deleteVolume")
            try await giveUp(backend) { try await delete(id, controller) }
            #expect(await code { try await delete(id, controller) } == .operationPending)
            #expect(await code { _ = try await create("v", controller) } == .operationPending)
            backend.goOn()
            try await waitFor { try await delete(id, controller) }
            #expect(try backend.volumes().isEmpty)
        }
    }

    /// Waits until the call hangs in the storage, and goes away as a sidecar does at its deadline.
    private func giveUp(
        _ backend: ScriptedBackend,
        _ call: @escaping @Sendable () async throws -> Void
    ) async throws {
        let task = Task { await code(call) }
        try await wait(for: "call that hangs") { backend.held == 1 }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    /// Repeats a call for as long as another one is running.
    private func waitFor(_ call: () async throws -> Void) async throws {
        try await wait(for: "end of the change") {
            switch await code(call) {
            case nil: true
            case .operationPending: false
            case let code?: throw DriverError(code, "the retry")
            }
        }
    }

    private func code(_ call: () async throws -> Void) async -> DriverError.Code? {
        do {
            try await call()
            return nil
        } catch {
            return (error as? DriverError)?.code
        }
    }

    private func create(_ name: String, _ controller: LocalController) async throws -> String {
        let request = CreateVolumeRequest(
            name: name,
            capacityRange: CapacityRange(requiredBytes: ByteCount.mebibytes(16).bytes),
            volumeCapabilities: [
                VolumeCapability(
                    accessType: .mount(.init()),
                    accessMode: .init(mode: .singleNodeWriter)
                )
            ]
        )
        return try await controller.createVolume(request, .ofTest).volume?.volumeID ?? ""
    }

    private func delete(_ id: String, _ controller: LocalController) async throws {
        _ = try await controller.deleteVolume(DeleteVolumeRequest(volumeID: id), .ofTest)
    }

    private func withNode(
        _ body: (ScriptedBackend, LocalController) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let backend = ScriptedBackend(folder: try folder.makeFolder("data"))
            let stack = try NodeStack(
                identity: NodeIdentity(
                    driverName: "test.csi",
                    version: "0",
                    nodeID: "n",
                    topology: [:]
                ),
                tiers: [Tier(backend)],
                settings: NodeSettings(
                    kubeletRoot: folder.path(of: "kubelet"),
                    usageFolder: folder.makeFolder("usage"),
                    defaultTier: "scripted",
                    unstagePatience: .zero
                ),
                logger: quietLogger
            )
            stack.tiers.start()
            defer { backend.goOn() }
            try await body(backend, stack.controller)
        }
    }
}
