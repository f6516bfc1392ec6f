import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Naming
import Synchronization

/// The Controller service of a node whose volumes are entries of a table.
final class PlayedNode: ControllerService {
    let id: String
    let capabilities: [ControllerServiceCapability.RPC.Kind] = [
        .createDeleteVolume, .listVolumes, .getCapacity, .getVolume,
    ]
    private static let room: Int64 = 10 << 40

    private struct State {
        /// By id.
        var volumes: [String: Volume] = [:]
        var free = PlayedNode.room
    }

    private let state = Mutex(State())

    /// Begins with so many volumes of 1 GiB.
    init(_ id: String, volumes: Int) {
        self.id = id
        for number in 0..<volumes { _ = make("\(id)-\(number)", 1 << 30) }
    }

    private var segments: [String: String] { [NodeIdentity.topologyKey: id] }

    private func make(_ name: String, _ size: Int64) -> Volume? {
        let volumeID = NodeIdentity.volumeID(forName: name, onNode: id).text
        return state.withLock { state in
            if let known = state.volumes[volumeID] { return known }
            guard size <= state.free else { return nil }
            let volume = Volume(
                capacityBytes: size,
                volumeID: volumeID,
                accessibleTopology: [Topology(segments: segments)]
            )
            state.volumes[volumeID] = volume
            state.free -= size
            return volume
        }
    }

    /// What the node tells the controllers of itself.
    func registration(endpoint: String, bootID: String, time: Timestamp) -> RegisterRequest {
        let (count, free) = state.withLock { ($0.volumes.count, $0.free) }
        return RegisterRequest(
            nodeID: id,
            bootID: bootID,
            driverName: "csi.cairn.storage",
            version: "0.1.0",
            endpoint: endpoint,
            segments: segments,
            tiers: [
                NodeTier(
                    name: "fast",
                    backend: "lvm",
                    isDefault: true,
                    isAvailable: true,
                    totalBytes: Self.room,
                    availableBytes: free,
                    maximumVolumeBytes: free,
                    volumeCount: Int64(count),
                    defaultFilesystem: "ext4",
                    sizeUnitBytes: 4 << 20,
                    minimumVolumeBytes: 16 << 20
                ),
                NodeTier(name: "bulk", backend: "loop", isAvailable: true, sizeUnitBytes: 4096),
            ],
            clockUnixNanoseconds: time.seconds * 1_000_000_000 + Int64(time.nanoseconds),
            instanceID: id,
            // It takes every create.
            createPermit: "played"
        )
    }
}

extension PlayedNode {
    func createVolume(_ request: CreateVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> CreateVolumeResponse
    {
        guard let volume = make(request.name, request.capacityRange?.requiredBytes ?? 0) else {
            throw DriverError(.outOfSpace, "no room for volume '\(request.name)'")
        }
        return CreateVolumeResponse(volume: volume)
    }

    func deleteVolume(_ request: DeleteVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> DeleteVolumeResponse
    {
        state.withLock { state in
            let volume = state.volumes.removeValue(forKey: request.volumeID)
            state.free += volume?.capacityBytes ?? 0
        }
        return DeleteVolumeResponse()
    }

    func getVolume(_ request: ControllerGetVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> ControllerGetVolumeResponse
    {
        guard let volume = state.withLock({ $0.volumes[request.volumeID] }) else {
            throw DriverError(.notFound, "volume \(request.volumeID) does not exist")
        }
        return ControllerGetVolumeResponse(volume: volume)
    }

    func describeVolumes(_ request: DescribeVolumesRequest, _ context: CallContext)
        async throws(DriverError) -> DescribeVolumesResponse
    {
        let part = ListVolumesRequest(
            maxEntries: request.maxEntries,
            startingToken: request.startingToken
        )
        let page = try await listVolumes(part, context)
        return DescribeVolumesResponse(
            volumes: page.entries.compactMap(\.volume).map {
                VolumeDescription(volumeID: $0.volumeID, capacityBytes: $0.capacityBytes)
            },
            nextToken: page.nextToken
        )
    }

    func listVolumes(_ request: ListVolumesRequest, _ context: CallContext)
        async throws(DriverError) -> ListVolumesResponse
    {
        let rest = state.withLock { state in
            state.volumes.values.filter { $0.volumeID > request.startingToken }
        }
        let count = request.maxEntries == 0 ? rest.count : Int(request.maxEntries)
        let page = rest.sorted { $0.volumeID < $1.volumeID }.prefix(count)
        return ListVolumesResponse(
            entries: page.map { .init(volume: $0) },
            nextToken: page.count < rest.count ? page.last?.volumeID ?? "" : ""
        )
    }

    /// It has none.
    func listSnapshots(_ request: ListSnapshotsRequest, _ context: CallContext)
        async throws(DriverError) -> ListSnapshotsResponse
    { ListSnapshotsResponse() }

    func getCapacity(_ request: GetCapacityRequest, _ context: CallContext)
        async throws(DriverError) -> GetCapacityResponse
    {
        let free = state.withLock(\.free)
        return GetCapacityResponse(availableCapacity: free, maximumVolumeSize: free)
    }
}

/// What nobody asks of these nodes.
extension PlayedNode {
    private static let unplayed = DriverError(.unsupported, "this node only plays volumes")

    func validateVolumeCapabilities(
        _ request: ValidateVolumeCapabilitiesRequest,
        _ context: CallContext
    ) async throws(DriverError) -> ValidateVolumeCapabilitiesResponse { throw Self.unplayed }
    func expandVolume(_ request: ControllerExpandVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> ControllerExpandVolumeResponse
    { throw Self.unplayed }
    func createSnapshot(_ request: CreateSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> CreateSnapshotResponse
    { throw Self.unplayed }
    func deleteSnapshot(_ request: DeleteSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> DeleteSnapshotResponse
    { throw Self.unplayed }
    func getSnapshot(_ request: GetSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> GetSnapshotResponse
    { throw Self.unplayed }
}
