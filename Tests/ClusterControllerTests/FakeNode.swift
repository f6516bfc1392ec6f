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
        var snapshots: [String: Snapshot] = [:]
        /// The ids of what is being made now.
        var running: Set<String> = []
        /// One of an older version gives none.
        var givesPermits = true
        /// In memory only: a restart forgets it.
        var claims: NameClaims
        var room: Int64 = 100 << 30
        /// What the next creates and reads throw, before or after they did their work.
        var failure: DriverError?
        var failsAfterwards = false
        var calls: [String] = []
        /// How many creates have ended, also those whose caller has gone.
        var endedCreates = 0
        var deadlines: [ContinuousClock.Instant?] = []
    }

    let id: String
    let capabilities: [ControllerServiceCapability.RPC.Kind] = []
    let state: Mutex<State>
    /// Where creates stand still when they come.
    let gate = Gate()
    private let now: @Sendable () -> ContinuousClock.Instant

    init(_ id: String, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.id = id
        self.now = now
        state = Mutex(State(claims: NameClaims(now: now)))
    }

    var claims: NameClaims { state.withLock(\.claims) }
    /// What its registration gives.
    var permit: String { state.withLock { $0.givesPermits ? $0.claims.permits.issue() : "" } }
    /// As the process does that starts anew on the same storage.
    func restart() { state.withLock { $0.claims = NameClaims(now: now) } }

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
        defer { state.withLock { $0.endedCreates += 1 } }
        await gate.pass()
        guard !request.name.isEmpty else { throw DriverError(.invalidRequest, "name is missing") }
        let id = NodeIdentity.volumeID(forName: request.name, onNode: id).text
        let volume = try await making(id, context) { (state) in
            state.volumes[request.name]
        } make: { (state) throws(DriverError) -> Volume in
            let size = request.capacityRange?.requiredBytes ?? 0
            guard size <= state.room else { throw DriverError(.outOfSpace, "no room") }
            let topology = Topology(segments: [NodeIdentity.topologyKey: self.id])
            let volume = Volume(
                capacityBytes: size,
                volumeID: id,
                accessibleTopology: [topology]
            )
            state.room -= size
            state.volumes[request.name] = volume
            return volume
        }
        if let failure = state.withLock({ $0.failsAfterwards ? $0.failure : nil }) { throw failure }
        return CreateVolumeResponse(volume: volume)
    }

    /// Holds the key of an id, and makes what is not there, in the order of a real node.
    private func making<Object: Sendable>(
        _ id: String,
        _ context: CallContext,
        find: (State) -> Object?,
        make: (inout State) throws(DriverError) -> Object
    ) async throws(DriverError) -> Object {
        await gate.dawdle()
        guard state.withLock({ $0.running.insert(id).inserted }) else { throw Self.busy }
        defer {
            claims.permits.note(id)
            state.withLock { _ = $0.running.remove(id) }
        }
        await gate.dawdle()
        let permission = claims.permission(try NameClaim(of: context), toMake: id)
        await gate.dawdle()
        if let known = state.withLock({ find($0) }) { return known }
        try permission.get()
        await gate.dawdle()
        return try state.withLock { (state) throws(DriverError) in try make(&state) }
    }

    /// Answers a question about an id, in the order of a real node.
    private func asked<Object: Sendable>(
        _ id: String,
        _ context: CallContext,
        _ find: (State) -> Object?
    ) async throws(DriverError) -> Object {
        try note(context)
        await gate.dawdle()
        let claim = try NameClaim(of: context)
        let held = claims.apply(claim, to: id)
        await gate.dawdle()
        let pending = held ?? (state.withLock { $0.running.contains(id) } ? Self.busy : nil)
        await gate.dawdle()
        let object = state.withLock { find($0) }
        if object != nil || pending != nil { claims.forget(claim, about: id) }
        if let object { return object }
        throw pending ?? DriverError(.notFound, "volume \(id) does not exist")
    }

    private static let busy = DriverError(.operationPending, "it is being made")

    func deleteVolume(_ request: DeleteVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> DeleteVolumeResponse
    {
        try note(context)
        let id = request.volumeID
        guard state.withLock({ $0.running.insert(id).inserted }) else { throw Self.busy }
        state.withLock { state in
            for (name, volume) in state.volumes where volume.volumeID == id {
                state.volumes[name] = nil
            }
        }
        claims.permits.note(id)
        state.withLock { _ = $0.running.remove(id) }
        return DeleteVolumeResponse()
    }

    func getVolume(_ request: ControllerGetVolumeRequest, _ context: CallContext)
        async throws(DriverError) -> ControllerGetVolumeResponse
    {
        let volume = try await asked(request.volumeID, context) { state in
            state.volumes.values.first { $0.volumeID == request.volumeID }
        }
        return ControllerGetVolumeResponse(volume: volume)
    }

    func getSnapshot(_ request: GetSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> GetSnapshotResponse
    {
        let snapshot = try await asked(request.snapshotID, context) { state in
            state.snapshots.values.first { $0.snapshotID == request.snapshotID }
        }
        return GetSnapshotResponse(snapshot: snapshot)
    }

    func createSnapshot(_ request: CreateSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> CreateSnapshotResponse
    {
        try note(context)
        await gate.pass()
        guard !request.name.isEmpty else { throw DriverError(.invalidRequest, "name is missing") }
        let id = NodeIdentity.snapshotID(forName: request.name, onNode: id).text
        let snapshot = try await making(id, context) { (state) in
            state.snapshots[request.name]
        } make: { (state) throws(DriverError) -> Snapshot in
            let snapshot = Snapshot(snapshotID: id, sourceVolumeID: request.sourceVolumeID)
            state.snapshots[request.name] = snapshot
            return snapshot
        }
        guard snapshot.sourceVolumeID == request.sourceVolumeID else {
            throw DriverError(.conflict, "it is of another volume")
        }
        return CreateSnapshotResponse(snapshot: snapshot)
    }

    func describeVolumes(_ request: DescribeVolumesRequest, _ context: CallContext)
        async throws(DriverError) -> DescribeVolumesResponse
    {
        let part = ListVolumesRequest(
            maxEntries: request.maxEntries,
            startingToken: request.startingToken
        )
        let page = try await listVolumes(part, context)
        let names = state.withLock { $0.volumes.map { ($0.value.volumeID, $0.key) } }
        return DescribeVolumesResponse(
            volumes: page.entries.map { entry in
                let id = entry.volume?.volumeID ?? ""
                return VolumeDescription(
                    volumeID: id,
                    name: names.first { $0.0 == id }?.1 ?? "",
                    capacityBytes: entry.volume?.capacityBytes ?? 0
                )
            },
            nextToken: page.nextToken
        )
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
    func deleteSnapshot(_ request: DeleteSnapshotRequest, _ context: CallContext)
        async throws(DriverError) -> DeleteSnapshotResponse
    { DeleteSnapshotResponse() }
    func listSnapshots(_ request: ListSnapshotsRequest, _ context: CallContext)
        async throws(DriverError) -> ListSnapshotsResponse
    { ListSnapshotsResponse() }
}
