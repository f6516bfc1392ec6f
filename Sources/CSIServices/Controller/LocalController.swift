internal import Backend
internal import CSIMessages
package import DriverCore
internal import Host

/// The Controller service over this node's own tiers; one file per RPC.
///
/// Each RPC is three short steps: read the request into checked values, decide, act. It is the act
/// alone that holds keys and runs on the blocking pool.
package struct LocalController: ControllerService {
    let identity: NodeIdentity
    let tiers: Tiers
    let operations: Operations
    /// What this node has staged and published; a volume in use is not deleted.
    let usage: VolumeUsageBook
    let admission: Admission
    let now: @Sendable () -> Timestamp
    /// How long a delete waits for the unstage of its volume.
    let unstagePatience: Duration

    /// Below the ten seconds after which external-provisioner gives up by default.
    package static let defaultUnstagePatience = Duration.seconds(8)

    package init(
        identity: NodeIdentity,
        tiers: Tiers,
        operations: Operations,
        usage: VolumeUsageBook,
        admission: Admission = Admission(),
        unstagePatience: Duration = defaultUnstagePatience,
        now: @escaping @Sendable () -> Timestamp = { WallClock.now() }
    ) {
        self.identity = identity
        self.tiers = tiers
        self.operations = operations
        self.usage = usage
        self.admission = admission
        self.unstagePatience = unstagePatience
        self.now = now
    }

    /// The volume of an id from a request, which must exist.
    func existingVolume(_ text: String) throws(DriverError) -> Tiers.LocatedVolume {
        guard let id = VolumeID(parsing: text) else {
            throw DriverError(.notFound, "volume '\(text)' does not exist")
        }
        return try tiers.existing(id, of: identity)
    }

    /// The snapshot of an id from a request, which must exist.
    func existingSnapshot(_ text: String) throws(DriverError) -> Tiers.LocatedSnapshot {
        guard let id = SnapshotID(parsing: text) else {
            throw DriverError(.notFound, "snapshot '\(text)' does not exist")
        }
        guard let snapshot = try tiers.find(id) else {
            throw identity.absence(of: id, "snapshot")
        }
        return snapshot
    }
}

extension Tiers {
    /// The volume, which must exist.
    func existing(_ id: VolumeID, of identity: NodeIdentity) throws(DriverError) -> LocatedVolume {
        guard let volume = try find(id) else { throw identity.absence(of: id, "volume") }
        return volume
    }
}

extension NodeIdentity {
    /// What to say of an id that none of this node's tiers has.
    ///
    /// An id of another node was brought here by mistake; "not found" would let its volume be
    /// forgotten.
    func absence(of id: some ObjectID, _ kind: String) -> DriverError {
        owns(id)
            ? DriverError(.notFound, "\(kind) \(id) does not exist")
            : DriverError(
                .unavailable,
                "\(kind) \(id) belongs to another node than '\(nodeID)'; ask that node"
            )
    }
}

extension Volume {
    init(_ record: VolumeRecord, on identity: NodeIdentity) {
        self.init(
            capacityBytes: record.size.bytes,
            volumeID: record.id.text,
            contentSource: record.source.map(VolumeContentSource.init),
            accessibleTopology: [identity.topology]
        )
    }
}

extension VolumeContentSource {
    init(_ source: Backend.VolumeSource) {
        switch source {
        case .snapshot(let id): self.init(type: .snapshot(.init(snapshotID: id.text)))
        case .volume(let id): self.init(type: .volume(.init(volumeID: id.text)))
        }
    }
}

extension Snapshot {
    init(_ record: SnapshotRecord) {
        self.init(
            sizeBytes: record.size.bytes,
            snapshotID: record.id.text,
            sourceVolumeID: record.source.text,
            creationTime: record.created,
            readyToUse: record.isIntact
        )
    }
}
