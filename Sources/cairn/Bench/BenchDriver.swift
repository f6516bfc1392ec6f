import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime

/// One driver under load, and what of it was made there.
struct BenchDriver: Sendable {
    /// The endpoint, for messages.
    let label: String
    let client: CSIClient
    let volume: BenchVolume
    let made = MadeVolumes()

    func call<Request: CSIRequest>(_ request: Request) async throws {
        _ = try await answer(request)
    }

    private func answer<Request: CSIRequest>(_ request: Request) async throws(BenchFailure)
        -> Request.Response
    {
        do throws(RPCFailure) {
            return try await client.call(request, timeout: Self.timeout)
        } catch {
            let method = Request.method.byteSplit(separator: "/").last ?? ""
            throw BenchFailure(
                message: "\(label): \(method) failed with \(error.code.name): \(error.message)"
            )
        }
    }

    /// Far longer than any call takes that does not hang.
    private static let timeout = Duration.seconds(120)
}

/// The calls that change something, by the index of the volume.
extension BenchDriver {
    /// Creates the volume, or finds the one that an earlier call created.
    func create(_ index: Int) async throws(BenchFailure) {
        made.began(index)
        let answer = try await answer(volume.createRequest(index))
        guard let id = answer.volume?.volumeID else {
            throw BenchFailure(message: "\(label): the response of CreateVolume has no volume")
        }
        made.created(index, id: id)
    }

    func delete(_ index: Int) async throws(BenchFailure) {
        _ = try await answer(DeleteVolumeRequest(volumeID: id(index)))
        made.deleted(index)
    }

    func stage(_ index: Int) async throws(BenchFailure) {
        let id = try id(index)
        made.staging(index)
        _ = try await answer(
            NodeStageVolumeRequest(
                volumeID: id,
                stagingTargetPath: volume.stagingPath(index),
                volumeCapability: volume.capability
            )
        )
    }

    func unstage(_ index: Int) async throws(BenchFailure) {
        let path = volume.stagingPath(index)
        _ = try await answer(
            NodeUnstageVolumeRequest(volumeID: id(index), stagingTargetPath: path)
        )
        made.unstaged(index)
    }

    func publish(_ index: Int) async throws(BenchFailure) {
        let id = try id(index)
        made.publishing(index)
        _ = try await answer(
            NodePublishVolumeRequest(
                volumeID: id,
                stagingTargetPath: volume.stagingPath(index),
                targetPath: volume.targetPath(index),
                volumeCapability: volume.capability
            )
        )
    }

    func unpublish(_ index: Int) async throws(BenchFailure) {
        let path = volume.targetPath(index)
        _ = try await answer(NodeUnpublishVolumeRequest(volumeID: id(index), targetPath: path))
        made.unpublished(index)
    }

    private func id(_ index: Int) throws(BenchFailure) -> String {
        guard let id = made.id(index) else {
            throw BenchFailure(message: "\(label): volume \(volume.name(index)) was not created")
        }
        return id
    }
}

/// The calls that only read.
extension BenchDriver {
    func stats(_ index: Int) async throws(BenchFailure) {
        let path = volume.targetPath(index)
        _ = try await answer(NodeGetVolumeStatsRequest(volumeID: id(index), volumePath: path))
    }

    func capacity() async throws(BenchFailure) {
        _ = try await answer(
            GetCapacityRequest(
                volumeCapabilities: [volume.capability],
                parameters: volume.parameters,
                accessibleTopology: volume.segments
            )
        )
    }

    /// Calls ControllerGetVolume for one of the created volumes.
    func getVolume(_ index: Int) async throws(BenchFailure) {
        _ = try await answer(ControllerGetVolumeRequest(volumeID: id(index)))
    }

    /// Whether the driver serves ControllerGetVolume.
    func offersGetVolume() async throws(BenchFailure) -> Bool {
        try await answer(ControllerGetCapabilitiesRequest()).capabilities.contains {
            if case .rpc(let rpc) = $0.type { rpc.type == .getVolume } else { false }
        }
    }

    /// Reads the whole list; it must name what was created.
    func list(pageSize: Int32, atLeast expected: Int) async throws {
        let found = try await ListVolumesRequest(maxEntries: pageSize).all { try await answer($0) }
            .count
        guard found >= expected else {
            throw BenchFailure(
                message: "\(label): ListVolumes returned \(found) volumes, not at least \(expected)"
            )
        }
    }
}

/// Why a benchmark ended early.
struct BenchFailure: Error {
    let message: String
}
