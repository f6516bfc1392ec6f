import DeviceMapper
import DriverCore
import Host
import Synchronization

/// One volume group: its present metadata, and the only place where the driver changes it.
///
/// Looks read the group's own metadata in process. Changes run `lvm`, one at a time; against other
/// programs of the host LVM's own lock guards. Tiers of one group share this object.
package final class VolumeGroup: Sendable {
    package let name: String
    /// All configured tiers of the group: a volume of another tier belongs to a tier that left.
    let tiers: Set<String>
    private let cache: MetadataCache
    private let looking: Gate
    let asking: Gate
    private let changing: Gate
    private let lastSeen = Mutex<VolumeGroupMetadata?>(nil)
    let owners = Mutex(HostOwnership())
    let activation = Mutex<ActivationFilter.Reading?>(nil)

    /// Far above what a command takes on a disk that answers, with thousands of volumes.
    static let commandLimit = Duration.seconds(60)
    /// Longer than a command may take, so that only a command that cannot be killed counts as
    /// hanging.
    private static let changePatience = Duration.seconds(75)
    /// Longer than ``searchLimit``, which a read may need once.
    private static let lookPatience = Duration.seconds(30)
    static let searchLimit = Duration.seconds(20)
    private static let askPatience = Duration.seconds(10)

    private let watch: DiskWatch

    package convenience init(named name: String, tiers: Set<String>) {
        self.init(named: name, tiers: tiers, watch: DiskWatch())
    }

    init(named name: String, tiers: Set<String>, watch: DiskWatch) {
        self.name = name
        self.watch = watch
        self.tiers = tiers
        looking = Gate("volume group \(name)", patience: Self.lookPatience)
        let search = GroupSearch(group: name)
        cache = MetadataCache(
            group: name,
            gate: looking,
            sources: DiskSources(
                find: { () throws(DriverError) in try search.devices() },
                hidden: { search.hidden($0) }
            )
        )
        asking = Gate("volume group \(name)", patience: Self.askPatience)
        changing = Gate("volume group \(name)", patience: Self.changePatience)
    }

    /// What hangs, in words; nil where nothing hangs.
    package var trouble: String? { changing.trouble ?? looking.trouble ?? asking.trouble }

    /// Whether the driver itself changes the group just now.
    var isChanging: Bool { changing.isOccupied }

    /// The present metadata; throws `unavailable` where it cannot be read or the group must not be
    /// used.
    ///
    /// `evenDisputed` is for the end of a use, which has to come also where a person has still to say
    /// which of several disks is the group's.
    func metadata(evenDisputed: Bool = false) throws(DriverError) -> VolumeGroupMetadata {
        var metadata = try cache.current()
        // Another thread may have seen a newer one since; a second look is at least as new.
        if !note(metadata) { metadata = try cache.current() }
        guard note(metadata) else {
            throw DriverError(
                .unavailable,
                "the disks of volume group \(name) that answer have older metadata (seqno "
                    + "\(metadata.sequenceNumber)) than before: bring its other disks back; if you "
                    + "restored the group yourself (vgcfgrestore), restart the driver"
            )
        }
        watch.look(beside: metadata) { [cache] in cache.searchAtNextLook() }
        if evenDisputed { return metadata }
        if let conflict = metadata.conflicts.first { throw conflict.refusal(of: name) }
        try refuseForeign(metadata)
        return metadata
    }

    /// The metadata after a search for all disks that claim to be of the group, which runs a
    /// program.
    func searchedMetadata() throws(DriverError) -> VolumeGroupMetadata {
        _ = try cache.searched()
        return try metadata()
    }

    /// Conflicts between disks that an administrator must decide; none where the group cannot be
    /// read.
    func conflicts() throws(DriverError) -> [DiskConflict] { try cache.current().conflicts }

    /// Remembers the metadata; false where newer metadata was remembered already.
    private func note(_ metadata: VolumeGroupMetadata) -> Bool {
        lastSeen.withLock { last in
            if let last, last.sequenceNumber > metadata.sequenceNumber { return false }
            last = metadata
            return true
        }
    }

    /// The metadata as it was last read, from memory.
    var remembered: VolumeGroupMetadata? { lastSeen.withLock { $0 } }

    /// The kernel's status of a volume's targets; none where it is not active.
    ///
    /// The status of a pool hangs where its disks do: that holds one thread, and is told to others.
    func status(ofDevice uuid: String) throws(DriverError) -> [MappedTarget] {
        try asking.pass("asking the kernel about a device") { () throws(DriverError) in
            try DeviceMapper.targets(uuid: uuid)
        }
    }

    /// Runs the body while no other thread of this process changes the group.
    ///
    /// `evenIncomplete` is for what leaves the metadata as it is, and so needs not every disk.
    func change<Result>(
        _ doing: String,
        evenIncomplete: Bool = false,
        _ body: (GroupChange) throws(DriverError) -> Result
    ) throws(DriverError) -> Result {
        try changing.pass(doing) { () throws(DriverError) in
            let metadata = try metadata()
            if !evenIncomplete { try refuseIncomplete(metadata) }
            return try body(GroupChange(group: self, metadata: metadata))
        }
    }

    /// Throws `unavailable` while an LVM command of a killed driver still works on the group.
    ///
    /// What it makes or removes at last cannot be told yet: what is absent now may be there then.
    func refuseStrayCommand() throws(DriverError) {
        guard let stray = try LVMCommand.stray(on: name) else { return }
        throw DriverError(
            .unavailable,
            "an LVM command of an earlier driver process still works on volume group \(name) (process "
                + "\(stray.id)): retry when it has ended; if it hangs, check whether the group's "
                + "disks answer (dmesg)"
        )
    }
}

/// One exclusive change of a group.
struct GroupChange {
    let group: VolumeGroup
    /// As it was when the change began.
    let metadata: VolumeGroupMetadata

    fileprivate init(group: VolumeGroup, metadata: VolumeGroupMetadata) {
        self.group = group
        self.metadata = metadata
    }

    /// `vg/name`, for the arguments of a command.
    func path(_ name: String) -> String { "\(group.name)/\(name)" }

    /// Runs one command that changes the group's metadata, and verifies that the disks have the change.
    ///
    /// Some disks acknowledge writes that they lose. A failure leaves what LVM leaves.
    func run(_ subcommand: String, _ arguments: [String]) throws(DriverError) {
        let before = try metadataNow().sequenceNumber
        try runUnverified(subcommand, arguments)
        guard try metadataNow().sequenceNumber == before else { return }
        throw DriverError(
            .unavailable,
            "\(subcommand) succeeded, but the disks of volume group \(group.name) do not have its "
                + "change: they lose writes; see the node's kernel log and replace them"
        )
    }

    /// Runs one command without verifying that the metadata changed.
    func runUnverified(_ subcommand: String, _ arguments: [String]) throws(DriverError) {
        do throws(DriverError) {
            try runWithoutRepair(subcommand, arguments)
        } catch {
            // One that was killed may have left devices suspended, and their volumes in use.
            _ = try? resumeSuspended()
            throw error
        }
    }

    /// Like ``runUnverified(_:_:)``, but a failure resumes no devices: for the repair itself.
    func runWithoutRepair(_ subcommand: String, _ arguments: [String]) throws(DriverError) {
        let devices = metadata.physicalVolumes.compactMap(\.device)
        let isWhole = devices.count == metadata.physicalVolumes.count
        try Failpoint.pass(.lvmCommandNext)
        try LVMCommand(subcommand, devices: isWhole ? devices : [], arguments)
            .succeed(deadline: VolumeGroup.commandLimit)
        try Failpoint.pass(.lvmCommandDone)
    }

    /// The same change, with the group as it is now.
    func now() throws(DriverError) -> GroupChange {
        GroupChange(group: group, metadata: try metadataNow())
    }

    /// The group after a command.
    func metadataNow() throws(DriverError) -> VolumeGroupMetadata { try group.metadata() }
}
