package import Backend
package import DriverCore

/// One tier of this node: its entry of the tiers file, and the access to its storage.
///
/// It is found once, by ``Tiers``, and carried along with what was found in it. ``read(_:)`` and
/// ``change(_:)`` open the storage when it is first needed, and refuse with `unavailable` where it is
/// known to hang: so nobody waits for it twice.
package struct Tier: Sendable {
    /// The name that a StorageClass gives.
    package let name: String
    /// The file system for a request that names none.
    package let defaultFilesystem: FilesystemType
    /// For what the kernel or memory answers; all access to storage goes through the guard.
    let backend: any VolumeBackend
    private let storage: StorageGuard

    /// `patience` is how long the storage may take to answer; it must be less than the callers'
    /// deadlines.
    package init(
        named name: String,
        over backend: any VolumeBackend,
        defaultFilesystem: FilesystemType,
        patience: Duration = .seconds(5)
    ) {
        self.name = name
        self.backend = backend
        self.defaultFilesystem = defaultFilesystem
        storage = StorageGuard(of: name, backend, patience: patience)
    }

    private init(_ other: Tier, over backend: any VolumeBackend) {
        name = other.name
        defaultFilesystem = other.defaultFilesystem
        self.backend = backend
        storage = other.storage
    }

    /// The unit of every new volume's size; sizes are rounded up to it.
    package var sizeUnit: ByteCount { backend.sizeUnit }

    /// Whether every byte of a volume is allocated from the start.
    package var isThick: Bool { backend.isThick }

    /// Whether a new volume's device gets the block size that its record names.
    package var choosesBlockSize: Bool { backend.choosesBlockSize }

    /// The same tier for volumes of a class that asks for all of these.
    ///
    /// Throws `outOfSpace` where the tier makes no such volumes.
    package func tailored(to wishes: [any Tailoring]) throws(DriverError) -> Tier {
        guard !wishes.isEmpty else { return self }
        do throws(DriverError) {
            return Tier(self, over: try backend.tailored(to: wishes))
        } catch {
            throw error.adding(context: "tier '\(name)'")
        }
    }

    /// Opens the storage if needed; throws where it hangs.
    func open() throws(DriverError) { try storage.open() }

    /// Reads on this thread, which hangs if the storage does.
    package func read<Answer: ~Copyable>(
        _ question: (any VolumeBackend) throws(DriverError) -> Answer
    ) throws(DriverError) -> Answer {
        try storage.run(.question) { () throws(DriverError) in try question(backend) }
    }

    /// Makes a change on this thread, which hangs if the storage does.
    ///
    /// It ends when the change has ended, however long that takes, and never before: the thread holds
    /// the keys of what it changes (``Operations``). A caller that gives up is told CANCELLED, and its
    /// retry ABORTED, until then; so no change is called failed that may still happen.
    package func change<Answer: ~Copyable>(
        _ change: (any VolumeBackend) throws(DriverError) -> Answer
    ) throws(DriverError) -> Answer {
        try storage.run(.change) { () throws(DriverError) in try change(backend) }
    }

    /// Begins a read on a thread of the tier; ``answer(to:)`` waits for it.
    func begin<Answer: Sendable>(
        _ question: @escaping @Sendable (any VolumeBackend) throws(DriverError) -> Answer
    ) throws(DriverError) -> StorageGuard.PendingRead<Answer> {
        try storage.begin { [backend] () throws(DriverError) in try question(backend) }
    }

    /// The result of a read, if it comes within the patience.
    func answer<Answer>(to read: StorageGuard.PendingRead<Answer>) throws(DriverError) -> Answer {
        try storage.answer(to: read)
    }

    /// Whether the tier had the object at its last scan; a hint, from memory.
    func remembers(_ id: VolumeID) -> Bool { backend.remembers(id) }

    /// The same for a snapshot.
    func remembers(_ id: SnapshotID) -> Bool { backend.remembers(id) }
}
