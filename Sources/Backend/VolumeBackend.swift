package import DriverCore
package import Host

/// One tier of one node's storage.
///
/// Every function blocks and is called on a thread that may block. The caller holds the keys of the
/// objects involved (`KeyedOperations`), so no two calls change one object at a time; calls for
/// different objects run side by side. After a crash at any instruction the next ``start()`` and a
/// repeated call bring the storage to a state in which each object exists whole or not at all.
///
/// A tier that cannot answer (unmounted, marker missing, I/O error) throws `unavailable`, never
/// `notFound`, and never reports an object as absent.
package protocol VolumeBackend: Sendable {
    /// The unit of every new volume's size; sizes are rounded up to it.
    var sizeUnit: ByteCount { get }
    /// The unit to which a volume grows: that of its own layout.
    func sizeUnit(of id: VolumeID) throws(DriverError) -> ByteCount
    /// Whether every byte of a volume is allocated from the start; file systems on it are then made
    /// without discard.
    var isThick: Bool { get }

    /// Whether a new volume's device gets the block size that its record names; otherwise the disks
    /// decide it.
    var choosesBlockSize: Bool { get }
    /// How long each cut blocked the writers of a volume; nil where that is not measured.
    var cuts: Histogram? { get }

    /// Opens the storage: finishes or removes what a crash left half-made, thaws what was left
    /// frozen, loads the records, and tells what it cannot explain. Called once before anything
    /// else, and again by whoever finds the tier unavailable.
    func start() throws(DriverError)
    /// The same started tier for volumes of a class that asks for something special: it makes them so,
    /// and tells their sizes and how much room there is for them.
    ///
    /// Throws `outOfSpace` where the tier makes no such volumes: that of another node may.
    func tailored(to wish: any Tailoring) throws(DriverError) -> any VolumeBackend
    /// Like ``start()``, while calls run; leaves alone what they work on.
    func rescan() throws(DriverError)
    /// Throws `unavailable` with the reason where the tier cannot serve now.
    func checkHealth() throws(DriverError)
    /// Problems of the storage, and how full it is; blocks where the storage hangs.
    func health() -> TierHealth

    /// All volumes, in order of id; throws where one cannot be read, because the list would be
    /// incomplete.
    func volumes() throws(DriverError) -> [VolumeRecord]
    /// The volumes that can be read, in order of id: for counts and searches, which one damaged
    /// record must not stop.
    func readableVolumes() throws(DriverError) -> [VolumeRecord]
    /// The facts of all volumes that count for limits; each create counts all volumes of the node.
    func countedVolumes() throws(DriverError) -> [CountedVolume]
    /// Whether the tier had the object at its last scan; a hint, from memory.
    ///
    /// Never blocks.
    func remembers(_ id: VolumeID) -> Bool
    func remembers(_ id: SnapshotID) -> Bool
    /// The volume, or nil where healthy storage does not have it.
    func volume(_ id: VolumeID) throws(DriverError) -> VolumeRecord?
    /// Makes a volume that reads as zeros, or as its source followed by zeros.
    ///
    /// `record.size` is a multiple of ``sizeUnit`` and at least the source's. The record is stored
    /// as given, with state `ready`, and returned. Throws `outOfSpace` where the reserve or the
    /// overcommit limit would be passed; a failure leaves nothing behind, or throws
    /// `operationPending`.
    func createVolume(_ record: VolumeRecord, progress: Progress) throws(DriverError)
        -> VolumeRecord
    /// Removes a volume that is not in use; OK where it does not exist. Throws `inUse` where a device
    /// of it is still open, or it or its node mounted in any mount namespace that is seen.
    func deleteVolume(_ id: VolumeID) throws(DriverError)
    /// Grows the volume to at least `size` (a multiple of ``sizeUnit(of:)``), and its attached
    /// device with it; OK where it is that large already.
    func expandVolume(_ id: VolumeID, to size: ByteCount) throws(DriverError) -> VolumeRecord
    /// Stores the new contents in the record, durably, before it returns.
    func setContents(_ contents: VolumeRecord.Contents, of id: VolumeID) throws(DriverError)

    /// All snapshots, in order of id; throws as ``volumes()`` does.
    func snapshots() throws(DriverError) -> [SnapshotRecord]
    func snapshot(_ id: SnapshotID) throws(DriverError) -> SnapshotRecord?
    /// Cuts a snapshot of a volume of this tier, consistent for a mounted file system; stored as
    /// given and returned once it is cut.
    func createSnapshot(_ record: SnapshotRecord, progress: Progress)
        throws(DriverError) -> SnapshotRecord
    /// Removes a snapshot; OK where it does not exist. Volumes restored from it live on.
    func deleteSnapshot(_ id: SnapshotID) throws(DriverError)

    func capacity() throws(DriverError) -> TierCapacity

    /// Attaches: makes the volume's block device, or finds the one that it has, and answers it open
    /// and verified, so that it stays the volume's for as long as it is held.
    ///
    /// ``detach(_:)`` finds a device in use until it is released.
    func hold(_ id: VolumeID) throws(DriverError) -> HeldDevice
    /// The device that the volume has now, if any.
    func attachment(of id: VolumeID) throws(DriverError) -> AttachedDevice?
    /// The same by what the kernel reports: the storage is not read, and may be missing.
    func device(of id: VolumeID) throws(DriverError) -> AttachedDevice?
    /// Ends the use of the device, writable for the next one; OK where there is none. Throws `inUse`
    /// where it is still mounted, in any mount namespace that is seen, or open. It goes where it can
    /// be made again in process, and may stay where that would run a program. The storage is not
    /// asked, and may be away.
    func detach(_ id: VolumeID) throws(DriverError)
    /// The volume behind a block device by the kernel's names alone (`loop3`, `dm-3`), of whatever tier
    /// of this kind; nil for the devices of others.
    ///
    /// For reports, never for decisions.
    func volume(ofDevice name: String) throws(DriverError) -> VolumeID?
    /// Every volume with a device that ``detach(_:)`` would remove.
    func attachedVolumes() throws(DriverError) -> [VolumeID]

    /// What the scans have repaired and could not explain.
    var repairs: RepairFigures { get }
}

extension VolumeBackend {
    /// A tier that cannot distinguish running work from leftovers repairs at the next start.
    package func rescan() throws(DriverError) { try checkHealth() }
    package func sizeUnit(of id: VolumeID) throws(DriverError) -> ByteCount { sizeUnit }
    package func tailored(to wish: any Tailoring) throws(DriverError) -> any VolumeBackend {
        throw wish.refusal
    }
    package func device(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        try attachment(of: id)
    }
    package func attachedVolumes() throws(DriverError) -> [VolumeID] { [] }
    package var repairs: RepairFigures { RepairFigures() }
    package var choosesBlockSize: Bool { false }
    package var cuts: Histogram? { nil }
}

extension VolumeBackend {
    package func readableVolumes() throws(DriverError) -> [VolumeRecord] { try volumes() }
    package func countedVolumes() throws(DriverError) -> [CountedVolume] {
        try readableVolumes().map(CountedVolume.init)
    }
    package func remembers(_ id: VolumeID) -> Bool { false }
    package func remembers(_ id: SnapshotID) -> Bool { false }
}

extension VolumeBackend {
    /// The tier for volumes of a class that asks for all of these.
    package func tailored(to wishes: [any Tailoring]) throws(DriverError) -> any VolumeBackend {
        var backend: any VolumeBackend = self
        for wish in wishes { backend = try backend.tailored(to: wish) }
        return backend
    }
}

/// A block device of a volume.
package struct AttachedDevice: Sendable, Hashable {
    /// `/dev/loop3`.
    package let path: String
    /// The kernel's number of it, as in st_rdev.
    package let number: UInt64

    package init(path: String, number: UInt64) {
        self.path = path
        self.number = number
    }

    package init(_ held: borrowing HeldDevice) {
        self.init(path: held.path, number: held.number)
    }
}

/// The room of a tier.
package struct TierCapacity: Sendable, Hashable {
    /// The size that volumes may have together, without the reserve.
    package let total: ByteCount
    /// What new volumes can be promised now.
    package let available: ByteCount
    /// The largest single volume that could be made now.
    package let maximumVolumeSize: ByteCount

    package init(total: ByteCount, available: ByteCount, maximumVolumeSize: ByteCount) {
        self.total = total
        self.available = available
        self.maximumVolumeSize = maximumVolumeSize
    }
}
