import Backend
import CSIMessages
import DriverCore
import GRPCRuntime
import Host
import Naming
import NodeStorage
import TestSupport
import Testing

@testable import CSIServices

/// Each step of the controller's operations fails once: the code is the step's, nothing is half
/// there, and the retry succeeds.
@Suite(.timeLimit(.minutes(5))) struct ControllerStepTests {
    @Test(arguments: [DriverError.Code.hostFailure, .unavailable, .outOfSpace])
    func `a create that fails leaves nothing and the retry makes it`(code: DriverError.Code)
        async throws
    {
        try await withTemporaryFolder { folder in
            let (backend, controller) = try Self.controller(in: folder)
            let steps = try await failingEveryStep(of: backend, with: code) {
                _ = try await Self.create(controller)
            } judge: { (error, step) throws in
                #expect(error.code == code, "\(step)")
                #expect(try backend.volumes().isEmpty, "\(step)")
            } retry: { (step) async throws in
                let id = try await Self.create(controller)
                #expect(try await Self.create(controller) == id, "\(step)")
                try await Self.delete(id, controller)
            }
            #expect(steps == ["volume", "createVolume"])
        }
    }

    @Test(arguments: [DriverError.Code.hostFailure, .unavailable])
    func `a delete that fails keeps the volume and the retry removes it`(code: DriverError.Code)
        async throws
    {
        try await withTemporaryFolder { folder in
            let (backend, controller) = try Self.controller(in: folder)
            var id = try await Self.create(controller)
            let steps = try await failingEveryStep(of: backend, with: code) {
                try await Self.delete(id, controller)
            } judge: { (error, step) throws in
                #expect(error.code == code, "\(step)")
                #expect(try backend.volumes().count == 1, "\(step)")
            } retry: { (step) async throws in
                try await Self.delete(id, controller)
                #expect(try backend.volumes().isEmpty, "\(step)")
                id = try await Self.create(controller)
            }
            #expect(steps == ["volume", "attachment", "deleteVolume"])
        }
    }

    @Test func `an expansion that fails changes nothing and the retry grows`() async throws {
        try await withTemporaryFolder { folder in
            let (backend, controller) = try Self.controller(in: folder)
            let id = try await Self.create(controller)
            var size = ByteCount.mebibytes(16)
            let steps = try await failingEveryStep(of: backend) {
                try await Self.expand(id, to: size + .mebibytes(16), controller)
            } judge: { (_, step) throws in
                #expect(try backend.volumes().first?.size == size, "\(step)")
            } retry: { (step) async throws in
                size = size + .mebibytes(16)
                try await Self.expand(id, to: size, controller)
                #expect(try backend.volumes().first?.size == size, "\(step)")
            }
            #expect(steps == ["volume", "expandVolume"])
        }
    }

    @Test func `a snapshot that fails leaves nothing and the retry cuts it`() async throws {
        try await withTemporaryFolder { folder in
            let (backend, controller) = try Self.controller(in: folder)
            let id = try await Self.create(controller)
            let request = CreateSnapshotRequest(sourceVolumeID: id, name: "s")
            let steps = try await failingEveryStep(of: backend) {
                _ = try await controller.createSnapshot(request, .ofTest)
            } judge: { (_, step) throws in
                #expect(try backend.snapshots().isEmpty, "\(step)")
            } retry: { (step) async throws in
                let first = try await controller.createSnapshot(request, .ofTest)
                #expect(try await controller.createSnapshot(request, .ofTest) == first, "\(step)")
                let snapshot = first.snapshot?.snapshotID ?? ""
                _ = try await controller.deleteSnapshot(.init(snapshotID: snapshot), .ofTest)
            }
            #expect(steps == ["snapshot", "volume", "attachment", "createSnapshot"])
        }
    }

    @Test func `a tier that does not answer stops no snapshot in another`() async throws {
        try await withTemporaryFolder { folder in
            let broken = ScriptedBackend(tier: "broken", folder: folder.path)
            let (_, controller) = try Self.controller(in: folder, beside: broken)
            let id = try await Self.create(controller)
            broken.fail(after: 1, with: .unavailable)
            _ = try await controller.createSnapshot(.init(sourceVolumeID: id, name: "s"), .ofTest)
            broken.fail(after: 0, with: .unavailable)
            await #expect(throws: DriverError.self) {
                try await Self.delete(String(id.dropLast()) + "f", controller)
            }
        }
    }
}

extension ControllerStepTests {
    private static func controller(in folder: TemporaryFolder, beside other: ScriptedBackend? = nil)
        throws -> (ScriptedBackend, LocalController)
    {
        let backend = ScriptedBackend(folder: try folder.makeFolder("data"))
        let stack = try NodeStack(
            identity: NodeIdentity(
                driverName: "test.csi",
                version: "0",
                nodeID: "n",
                topology: [:]
            ),
            tiers: [backend, other].compactMap(\.self).map(Tier.init),
            settings: NodeSettings(
                kubeletRoot: folder.path(of: "kubelet"),
                usageFolder: folder.makeFolder("usage"),
                defaultTier: "scripted"
            ),
            logger: quietLogger
        )
        // Opens the tiers, which is no step of an operation.
        stack.tiers.start()
        return (backend, stack.controller)
    }

    private static func create(_ controller: LocalController) async throws -> String {
        let answer = try await controller.createVolume(
            CreateVolumeRequest(
                name: "volume",
                capacityRange: CapacityRange(requiredBytes: ByteCount.mebibytes(16).bytes),
                volumeCapabilities: [
                    VolumeCapability(
                        accessType: .mount(.init()),
                        accessMode: .init(mode: .singleNodeWriter)
                    )
                ]
            ),
            .ofTest
        )
        return answer.volume?.volumeID ?? ""
    }

    private static func delete(_ id: String, _ controller: LocalController) async throws {
        _ = try await controller.deleteVolume(DeleteVolumeRequest(volumeID: id), .ofTest)
    }

    private static func expand(_ id: String, to size: ByteCount, _ controller: LocalController)
        async throws
    {
        _ = try await controller.expandVolume(
            ControllerExpandVolumeRequest(
                volumeID: id,
                capacityRange: CapacityRange(requiredBytes: size.bytes)
            ),
            .ofTest
        )
    }
}
