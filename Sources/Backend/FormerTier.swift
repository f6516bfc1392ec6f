package import DriverCore
package import Host
import Synchronization

/// The storage that a tier had before it was taken out of the tiers file.
package protocol FormerStorage: Sendable {
    var tier: String { get }
    /// `pool /srv/fast`, `volume group fast`.
    var place: String { get }
    /// Whether a configured tier has the storage after all; from memory.
    var isServed: Bool { get }
    /// What is still there.
    ///
    /// nil where the storage no longer matters: an administrator has removed its file of the state
    /// directory, or a tier serves it.
    ///
    /// Throws `unavailable`, saying what to do, where that cannot be told.
    func objects() throws(DriverError) -> FormerObjects?
    /// Removes the file of the state directory that names the storage.
    func forget() throws(DriverError)
    /// The device by what the kernel reports: the storage is not read.
    func device(of id: VolumeID) throws(DriverError) -> AttachedDevice?
    func detach(_ id: VolumeID) throws(DriverError)
}

extension FormerStorage {
    package var isServed: Bool { false }
}

/// The names of the objects that a tier has left, with those of half-made and half-removed ones.
package struct FormerObjects: Sendable, Hashable {
    package var volumes: Set<String> = []
    package var snapshots: Set<String> = []
    /// Objects of the tier with a name that is no id.
    package var others: Set<String> = []

    package init() {}

    package var isEmpty: Bool { volumes.isEmpty && snapshots.isEmpty && others.isEmpty }

    package var inWords: String {
        let words = volumes.count.counted("volume") + " and " + snapshots.count.counted("snapshot")
        guard let other = others.min() else { return words }
        return "\(words), and \(others.count.counted("object")) under other names such as \(other)"
    }

    fileprivate func holds(_ id: String) -> Bool {
        volumes.contains(id) || snapshots.contains(id)
    }

    fileprivate func mayHold(_ id: String) -> Bool { holds(id) || !others.isEmpty }
}

/// A tier that was taken out of the tiers file.
///
/// It makes and changes nothing, and keeps the node from answering that its objects do not exist.
///
/// Without it a deletion of a volume would succeed, and the data stay for ever.
package final class FormerTier: VolumeBackend {
    package let sizeUnit = ByteCount.mebibytes(4)
    package let isThick = true
    private let storage: any FormerStorage
    private let lastSeen = Mutex(FormerObjects())

    package init(_ storage: any FormerStorage) { self.storage = storage }

    package var tier: String { storage.tier }
    /// Whether a configured tier has the storage after all; from memory.
    package var isServed: Bool { storage.isServed }

    /// Removes the record of the storage where nothing is left there, so that its disk may be
    /// removed.
    ///
    /// Only here: a driver that has the tier in its file must not start at the same time.
    package func start() throws(DriverError) {
        guard let objects = try? storage.objects(), objects.isEmpty else { return }
        try? storage.forget()
    }

    package func checkHealth() throws(DriverError) { _ = try look() }

    /// Reports what is left; empty where nothing is.
    package func health() -> TierHealth {
        var health = TierHealth()
        do throws(DriverError) {
            let objects = try look()
            guard !objects.isEmpty else { return health }
            health.problems = [
                problem(
                    "it is no longer in the tiers file, but \(objects.inWords) are left in "
                        + storage.place,
                    "put the tier back and delete them before you take it out again"
                )
            ]
        } catch {
            health.problems = [problem(error.message, "fix this, or put the tier back")]
        }
        return health
    }

    private func problem(_ found: String, _ advice: String) -> Finding {
        .problem(.unknownTier, "tier \(tier)", found, advice)
    }

    private func look() throws(DriverError) -> FormerObjects {
        let objects = try storage.objects() ?? FormerObjects()
        lastSeen.withLock { $0 = objects }
        return objects
    }

    /// Throws where the object is there, or may be.
    private func refuse(_ id: String, _ kind: String) throws(DriverError) {
        let objects = try look()
        guard objects.mayHold(id) else { return }
        let found =
            objects.holds(id)
            ? "\(kind) \(id) is in \(storage.place)"
            : "\(kind) \(id) may be \(objects.others.min() ?? "") in \(storage.place)"
        throw DriverError(.unavailable, "\(found), and \(remedy)")
    }

    private var remedy: String {
        "its tier '\(tier)' is no longer in the tiers file: put the tier back and restart the driver"
    }

    private func refusal() -> DriverError {
        DriverError(.unavailable, "the driver does not use \(storage.place): \(remedy)")
    }
}

extension FormerTier {
    package func volume(_ id: VolumeID) throws(DriverError) -> VolumeRecord? {
        try refuse(id.text, "volume")
        return nil
    }

    package func snapshot(_ id: SnapshotID) throws(DriverError) -> SnapshotRecord? {
        try refuse(id.text, "snapshot")
        return nil
    }

    package func volumes() throws(DriverError) -> [VolumeRecord] {
        let objects = try look()
        guard objects.volumes.isEmpty, objects.others.isEmpty else { throw shortList(objects) }
        return []
    }

    package func snapshots() throws(DriverError) -> [SnapshotRecord] {
        let objects = try look()
        guard objects.snapshots.isEmpty, objects.others.isEmpty else { throw shortList(objects) }
        return []
    }

    private func shortList(_ objects: FormerObjects) -> DriverError {
        DriverError(
            .unavailable,
            "cannot list all: \(objects.inWords) are left in \(storage.place): \(remedy)"
        )
    }

    package func remembers(_ id: VolumeID) -> Bool { lastSeen.withLock { $0.mayHold(id.text) } }
    package func remembers(_ id: SnapshotID) -> Bool { lastSeen.withLock { $0.mayHold(id.text) } }

    package func deleteVolume(_ id: VolumeID) throws(DriverError) {
        try refuse(id.text, "volume")
    }

    package func deleteSnapshot(_ id: SnapshotID) throws(DriverError) {
        try refuse(id.text, "snapshot")
    }

    package func createVolume(_ record: VolumeRecord, progress: Progress) throws(DriverError)
        -> VolumeRecord
    { throw refusal() }

    package func createSnapshot(_ record: SnapshotRecord, progress: Progress)
        throws(DriverError) -> SnapshotRecord
    { throw refusal() }

    package func expandVolume(_ id: VolumeID, to size: ByteCount) throws(DriverError)
        -> VolumeRecord
    { throw refusal() }

    package func setContents(_ contents: VolumeRecord.Contents, of id: VolumeID)
        throws(DriverError)
    { throw refusal() }

    package func capacity() throws(DriverError) -> TierCapacity { throw refusal() }
    package func hold(_ id: VolumeID) throws(DriverError) -> HeldDevice { throw refusal() }

    package func attachment(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        try storage.device(of: id)
    }

    package func device(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        try storage.device(of: id)
    }

    package func detach(_ id: VolumeID) throws(DriverError) { try storage.detach(id) }

    /// Reports leave out what is mounted of such a tier.
    package func volume(ofDevice name: String) -> VolumeID? { nil }
}
