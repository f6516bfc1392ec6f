package import DriverCore
package import Naming

extension Tiers {
    /// The volume; throws where it does not exist.
    package func existing(_ id: VolumeID, of identity: NodeIdentity) throws(DriverError)
        -> LocatedVolume
    {
        guard let volume = try find(id) else { throw identity.absence(of: id, "volume") }
        return volume
    }

    /// The volume with the id of a request; throws where it does not exist.
    package func existing(volume text: String, of identity: NodeIdentity) throws(DriverError)
        -> LocatedVolume
    {
        guard let id = VolumeID(parsing: text) else {
            throw DriverError(.notFound, "volume '\(text)' does not exist")
        }
        return try existing(id, of: identity)
    }

    /// The snapshot with the id of a request; throws where it does not exist.
    package func existing(snapshot text: String, of identity: NodeIdentity) throws(DriverError)
        -> LocatedSnapshot
    {
        guard let id = SnapshotID(parsing: text) else {
            throw DriverError(.notFound, "snapshot '\(text)' does not exist")
        }
        guard let snapshot = try find(id) else { throw identity.absence(of: id, "snapshot") }
        return snapshot
    }
}

extension NodeIdentity {
    /// The error for an id that none of this node's tiers has.
    ///
    /// An id of another node was brought here by mistake; "not found" would let its volume be
    /// forgotten.
    package func absence(of id: some ObjectID, _ kind: String) -> DriverError {
        owns(id)
            ? DriverError(.notFound, "\(kind) \(id) does not exist")
            : DriverError(
                .unavailable,
                "\(kind) \(id) belongs to another node than '\(nodeID)'; ask that node"
            )
    }
}
