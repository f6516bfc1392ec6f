import CSIMessages
import CSIServing
import ClusterController
import DriverCore
import GRPCRuntime
import Logging
import Naming
import Synchronization

/// A node whose storage is a dictionary, served over real gRPC.
final class FakeNode: ControllerService {
    struct State {
        var volumes: [String: Volume] = [:]
        var room: Int64 = 100 << 30
        /// What the next creates and reads throw, before or after they did their work.
        var failure: DriverError?
        var failsAfterwards = false
        var calls: [String] = []
        var deadlines: [ContinuousClock.Instant?] = []
    }

    let id: String
    let capabilities: [ControllerServiceCapability.RPC.Kind] = []
    let state = Mutex(State())

    init(_ id: String) { self.id = id }

    var volumeNames: [String] { state.withLock { $0.volumes.keys.sorted() } }
    func calls(_ method: String) -> Int {
        state.withLock { state in state.calls.count { $0 == method } }
    }

    private func note(_ context: CallContext) throws(DriverError) {
        let failure = state.withLock { state -> DriverError? in
            state.calls.append(String(context.method.byteSplit(separator: "/").last ?? ""))
            state.deadlines.append(context.deadline)
            return state.failsAfterwards ? nil : state.failure
        }
        if let failure { throw failure }
    }

    func createVolume(_ request: CreateVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> CreateVolumeResponse
    {
        try note(context)
        guard !request.name.isEmpty else { throw DriverError(.invalidRequest, "name is missing") }
        let size = request.capacityRange?.requiredBytes ?? 0
        let volume = try state.withLock { state throws(DriverError) -> Volume in
            if let known = state.volumes[request.name] { return known }
            guard size <= state.room else { throw DriverError(.outOfSpace, "no room") }
            let volume = Volume(
                capacityBytes: size,
                volumeID: NodeIdentity.volumeID(forName: request.name, onNode: id).text,
                accessibleTopology: [Topology(segments: [NodeIdentity.topologyKey: id])]
            )
            state.room -= size
            state.volumes[request.name] = volume
            return volume
        }
        if let failure = state.withLock({ $0.failsAfterwards ? $0.failure : nil }) { throw failure }
        return CreateVolumeResponse(volume: volume)
    }

    func deleteVolume(_ request: DeleteVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> DeleteVolumeResponse
    {
        try note(context)
        state.withLock { state in
            for (name, volume) in state.volumes where volume.volumeID == request.volumeID {
                state.volumes[name] = nil
            }
        }
        return DeleteVolumeResponse()
    }

    func getVolume(_ request: ControllerGetVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> ControllerGetVolumeResponse
    {
        try note(context)
        let volume = state.withLock { $0.volumes.values.first { $0.volumeID == request.volumeID } }
        guard let volume else {
            throw DriverError(.notFound, "volume \(request.volumeID) does not exist")
        }
        return ControllerGetVolumeResponse(volume: volume)
    }

    func listVolumes(_ request: ListVolumesRequest, _ context: CallContext)
        async throws(DriverError) -> ListVolumesResponse
    {
        try note(context)
        let all = state.withLock { Array($0.volumes.values) }.sorted { $0.volumeID < $1.volumeID }
        let rest = all.filter { $0.volumeID > request.startingToken }
        let count = request.maxEntries == 0 ? rest.count : Int(request.maxEntries)
        let page = rest.prefix(count)
        return ListVolumesResponse(
            entries: page.map { .init(volume: $0) },
            nextToken: page.count < rest.count ? page.last?.volumeID ?? "" : ""
        )
    }
}

/// What the tests of routing do not need of a node says so.
extension FakeNode {
    private static let unneeded = DriverError(.unsupported, "not part of this test")

    func validateVolumeCapabilities(
        _ request: ValidateVolumeCapabilitiesRequest,
        _ context: CallContext
    ) async throws(DriverError) -> ValidateVolumeCapabilitiesResponse { throw Self.unneeded }
    func getCapacity(_ request: GetCapacityRequest, _ context: CallContext)
        async throws(DriverError) -> GetCapacityResponse
    { GetCapacityResponse(availableCapacity: 7, maximumVolumeSize: 7) }
    func expandVolume(_ request: ControllerExpandVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> ControllerExpandVolumeResponse
    { throw Self.unneeded }
    func createSnapshot(_ request: CreateSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> CreateSnapshotResponse
    { throw Self.unneeded }
    func deleteSnapshot(_ request: DeleteSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> DeleteSnapshotResponse
    { DeleteSnapshotResponse() }
    func listSnapshots(_ request: ListSnapshotsRequest, _ context: CallContext)
        async throws(DriverError) -> ListSnapshotsResponse
    { ListSnapshotsResponse() }
    func getSnapshot(_ request: GetSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> GetSnapshotResponse
    { throw Self.unneeded }
}
