import DriverCore
import Host
import Synchronization

/// The metadata of a volume group, read from its disks; parsed again only when it has changed.
///
/// Every answer is as new as the call: each call looks at the heads of the metadata areas, which
/// costs one read a disk, so that the changes of others are seen too. Callers that wait for a look
/// share the next one.
final class MetadataCache: Sendable {
    private let gate: Gate
    /// The number of reads that have begun: one that began after a call shows everything that was
    /// written before the call.
    private let begun = Atomic<Int>(0)
    private let parsed = Atomic<Int>(0)
    private let isSearchWanted = Atomic<Bool>(false)
    private let reader: Mutex<GroupReader>

    /// Reads nothing yet.
    ///
    /// `sources` may be slow; they are asked at first, when a disk is not where it was, and on demand.
    /// They must not pass the gate, which is for looks alone.
    init(
        group: String,
        gate: Gate,
        read: @escaping DeviceRead = { device, offset, count throws(DriverError) in
            try StoredBytes.read(device, at: offset, count: count)
        },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        sources: DiskSources
    ) {
        self.gate = gate
        reader = Mutex(GroupReader(group: group, read: read, now: now, sources: sources))
    }

    /// The present metadata, after a search for all disks that claim to be of the group.
    func searched() throws(DriverError) -> VolumeGroupMetadata {
        searchAtNextLook()
        return try current()
    }

    /// Makes the next read search, whichever caller makes it.
    func searchAtNextLook() { isSearchWanted.store(true, ordering: .sequentiallyConsistent) }

    /// The present metadata of the group.
    ///
    /// A disk that cannot be read is marked, as long as another has the text. Throws `unavailable`
    /// where no disk answers, a look hangs, or the group is not there under its name, and
    /// `hostFailure` where the text cannot be understood. Blocks its thread.
    func current() throws(DriverError) -> VolumeGroupMetadata {
        let seen = begun.load(ordering: .sequentiallyConsistent)
        return try gate.pass("reading the metadata") { () throws(DriverError) in
            try look(after: seen).get()
        }
    }

    /// How often a text was parsed.
    var parses: Int { parsed.load(ordering: .relaxed) }

    /// Reads the disks; the only place that does, so a disk that hangs holds callers only here.
    private func look(after seen: Int) -> Result<VolumeGroupMetadata, DriverError> {
        reader.withLock { reader in
            let count = begun.load(ordering: .sequentiallyConsistent)
            // Somebody has looked while this caller waited, and began after it had come.
            if count > seen, let answer = reader.answer { return answer }
            begun.store(count + 1, ordering: .sequentiallyConsistent)
            if isSearchWanted.exchange(false, ordering: .sequentiallyConsistent) {
                reader.searchAgain()
            }
            let answer = reader.look()
            parsed.store(reader.parses, ordering: .relaxed)
            return answer
        }
    }
}
