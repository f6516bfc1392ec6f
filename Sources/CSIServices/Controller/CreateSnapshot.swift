internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import Host
internal import Naming
internal import NodeStorage

extension LocalController {
    /// Takes a snapshot, or finds the one of an earlier call with this name.
    package func createSnapshot(_ request: CreateSnapshotRequest, _ context: CallContext)
        async throws(DriverError)
        -> CreateSnapshotResponse
    {
        try RequestLimits.checkName(request.name)
        try RequestLimits.require(request.sourceVolumeID, "source_volume_id")
        try VolumeParameters.checkSnapshot(request.parameters)
        let id = identity.snapshotID(forName: request.name)
        let claim = try NameClaim(of: context)
        // No answer about a snapshot's name ends a permit, so one proves nothing here.
        guard claim?.act != .permit else {
            throw DriverError(
                .invalidRequest,
                "CreateSnapshot takes no permit; claim the name first"
            )
        }
        let keys: [KeyedOperations.Key] = [
            .exclusive(id.text), .shared(request.sourceVolumeID),
        ]
        let record = try await operations.run("CreateSnapshot", holding: keys) {
            (progress) throws(DriverError) in
            let permission = nameClaims.permission(claim, toMake: id.text)
            return try snapshot(request, id: id, permission, progress: progress)
        }
        return CreateSnapshotResponse(snapshot: Snapshot(record))
    }

    private func snapshot(
        _ request: CreateSnapshotRequest,
        id: SnapshotID,
        _ permission: Result<Void, DriverError>,
        progress: Progress
    ) throws(DriverError) -> SnapshotRecord {
        if let existing = try existing(id, of: request.sourceVolumeID) {
            guard existing.name.hasSameBytes(as: request.name),
                existing.source.text == request.sourceVolumeID
            else {
                throw DriverError(
                    .conflict,
                    "snapshot '\(request.name)' exists as \(id), of volume \(existing.source)"
                )
            }
            return existing
        }
        try permission.get()
        let source = try tiers.existing(volume: request.sourceVolumeID, of: identity)
        // Such a file system cannot be frozen, and what it holds needs a repair first.
        try FilesystemFault.refuse(source.record.id, on: try source.devices.current())
        let record = record(of: source.record, named: request.name, id: id)
        return try source.tier.change { (it) throws(DriverError) in
            try it.createSnapshot(record, progress: progress)
        }
    }

    /// The snapshot of an earlier call with this name, or nil.
    ///
    /// As for volumes, only the tier that would hold the new one must answer.
    func existing(_ id: SnapshotID, of source: String) throws(DriverError)
        -> SnapshotRecord?
    {
        do throws(DriverError) {
            return try tiers.find(id)?.record
        } catch  where error.code == .unavailable {
            guard let tier = try? tiers.existing(volume: source, of: identity).tier else {
                throw error
            }
            return try tiers.findForCreate(id, in: tier)?.record
        }
    }

    private func record(of source: VolumeRecord, named name: String, id: SnapshotID)
        -> SnapshotRecord
    {
        SnapshotRecord(
            id: id,
            name: name,
            tier: source.tier,
            source: source.id,
            size: source.size,
            contents: source.contents,
            filesystem: source.filesystem,
            blockSize: source.blockSize,
            created: now()
        )
    }
}
