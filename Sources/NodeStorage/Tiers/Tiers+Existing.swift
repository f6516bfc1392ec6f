package import DriverCore
package import Naming

extension Tiers {
    /// The volume, which must exist.
    package func existing(_ id: VolumeID, of identity: NodeIdentity) throws(DriverError)
        -> LocatedVolume
    {
        guard let volume = try find(id) else { throw identity.absence(of: id, "volume") }
        return volume
    }
}

extension NodeIdentity {
    /// What to say of an id that none of this node's tiers has.
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
