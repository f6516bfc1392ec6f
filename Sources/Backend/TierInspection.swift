package import DriverCore

/// A look at one tier's storage beside a running driver, for commands on its node.
///
/// It changes nothing, but for ``makePool()``; what cannot be read is left out.
package protocol TierInspection: Sendable {
    /// What doctor finds, good and bad.
    ///
    /// Hangs where the storage does: a ``StorageScan`` calls it.
    func findings() -> [Finding]
    /// What the list of tiers shows; `available` is what the driver says, nil where it does not know
    /// the tier.
    func overview(available: ByteCount?) -> TierOverview

    func volume(_ id: VolumeID) -> VolumeRecord?
    func snapshot(_ id: SnapshotID) -> SnapshotRecord?
    /// Inline volumes included.
    func volumes() -> [VolumeRecord]
    /// The devices that the volume has now; one, if any, unless somebody else has made another.
    func devices(of id: VolumeID) -> [AttachedDevice]
    /// The volumes that may have a device.
    func attachedVolumes() -> [VolumeID]

    /// Makes the tier's pool, at a person's word, and says which: `pool ... in ...`.
    ///
    /// Throws `invalidRequest` where the kind's pools are made in another way.
    func makePool() throws(DriverError) -> String
}

/// A tier in the list of tiers.
package struct TierOverview: Sendable {
    package enum State: Sendable {
        case ready
        /// It cannot serve now, most likely since a disk is missing.
        case unavailable
        /// It serves, and a reboot or the end of a container takes every volume, which the tiers file
        /// does not allow.
        case volatile
    }

    /// How volumes get their room: `thick` or `thin`.
    package var provisioning: String
    /// How many times the room may be promised; nil where that is no choice.
    package var overcommit: Double?
    /// What volumes may add up to; nil where that cannot be told.
    package var total: ByteCount?
    package var state = State.ready

    package init(provisioning: String, overcommit: Double? = nil) {
        self.provisioning = provisioning
        self.overcommit = overcommit
    }
}
