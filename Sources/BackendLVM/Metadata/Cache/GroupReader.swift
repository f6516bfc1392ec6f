import DriverCore

/// Reads a group's metadata from its disks, and remembers the last scan.
struct GroupReader {
    /// Between two searches for a missing disk, while another disk has the metadata.
    private static let patience = Duration.seconds(60)
    /// The same while there is no text at all.
    private static let shortPatience = Duration.seconds(5)
    private static let mostLooks = 5

    private let group: String
    private let read: DeviceRead
    private let now: @Sendable () -> ContinuousClock.Instant
    private let sources: DiskSources

    private var devices: [String] = []
    /// Why missing disks cannot be used although this host has them, by their ids.
    private var hidden: [String: String] = [:]
    private var hasConflict = false
    private var isSearchWanted = false
    private var lastSearch: ContinuousClock.Instant?
    /// The disks that were missing after the last search; nil where there was no text.
    private var absentAfterSearch: Set<String>?
    /// The last known device of each disk, by its id.
    private var places: [String: String] = [:]
    private var texts: GroupTexts
    private(set) var answer: Result<VolumeGroupMetadata, DriverError>?

    init(
        group: String,
        read: @escaping DeviceRead,
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        sources: DiskSources
    ) {
        self.group = group
        self.read = read
        self.now = now
        self.sources = sources
        texts = GroupTexts(group: group)
    }

    var parses: Int { texts.parses }

    /// Makes the next scan search for the disks again, and for further ones.
    mutating func searchAgain() { isSearchWanted = true }

    mutating func look() -> Result<VolumeGroupMetadata, DriverError> {
        var result = attempt()
        if wantsSearch(result) {
            do throws(DriverError) {
                try search()
                result = attempt()
                if let absent = absent(in: result), !absent.isEmpty {
                    hidden = sources.hidden(absent)
                    result = attempt()
                }
            } catch {
                // What the known disks have told still holds.
                if case .failure = result { result = .failure(error) }
            }
            absentAfterSearch = absent(in: result)
        }
        answer = result
        return result
    }

    private mutating func attempt() -> Result<VolumeGroupMetadata, DriverError> {
        do throws(DriverError) {
            return .success(try readDisks())
        } catch {
            return .failure(error.adding(context: "volume group \(group)"))
        }
    }

    private mutating func readDisks() throws(DriverError) -> VolumeGroupMetadata {
        var survey = survey()
        // LVM writes the next text beside the valid one; only a look that takes as long as two
        // commits meets a text that is gone, and the next look meets the newer one.
        for _ in 0..<Self.mostLooks {
            let newest = texts.newest(of: survey, read: read)
            if case .success(let metadata) = newest, texts.damage.isEmpty {
                return finished(metadata, survey)
            }
            let again = self.survey()
            guard again != survey else { return finished(try newest.get(), survey) }
            survey = again
        }
        throw DriverError(.unavailable, "its metadata changes faster than it can be read")
    }

    private func survey() -> DiskSurvey {
        var survey = DiskSurvey()
        for device in devices {
            do throws(DriverError) {
                survey.looks.append(try DiskLook(at: device, read: read))
            } catch {
                survey.failures[device] = error.message
            }
        }
        return survey
    }

    /// Adds to the metadata what the scan found about its disks, and forgets other disks.
    private mutating func finished(_ text: VolumeGroupMetadata, _ survey: DiskSurvey)
        -> VolumeGroupMetadata
    {
        let looks = Dictionary(grouping: survey.looks, by: \.label.id)
        var metadata = text
        metadata.metadataSpace = survey.space(for: text)
        for index in metadata.physicalVolumes.indices {
            mark(&metadata.physicalVolumes[index], looks, survey)
        }
        metadata.conflicts = conflicts(in: metadata, looks, survey)
        hasConflict = !metadata.conflicts.isEmpty
        let ids = Set(metadata.physicalVolumes.map(\.id))
        places = places.filter { ids.contains($0.key) }
        if metadata.physicalVolumes.allSatisfy({ $0.trouble == nil }) {
            let members = metadata.physicalVolumes.compactMap(\.device)
            let others = Set(metadata.conflicts.flatMap(\.devices)).subtracting(members)
            devices = members + others.sorted()
            hidden = [:]
        }
        return metadata
    }

    private mutating func mark(
        _ disk: inout PhysicalVolume,
        _ looks: [String: [DiskLook]],
        _ survey: DiskSurvey
    ) {
        let distinct = sources.distinct((looks[disk.id] ?? []).map(\.device))
        let found = (looks[disk.id] ?? []).filter { distinct.contains($0.device) }
        // Of several the one that was known before: what is in use lies on that.
        guard let look = found.first(where: { $0.device == places[disk.id] }) ?? found.first else {
            disk.trouble =
                hidden[disk.id] ?? places[disk.id].flatMap { survey.failures[$0] }
                ?? "no device of this node has physical volume \(disk.id)"
            disk.isHidden = hidden[disk.id] != nil
            return
        }
        places[disk.id] = look.device
        disk.device = look.device
        disk.warning = texts.damage[disk.id] ?? look.damage
    }

    /// The conflicts between disks that claim to be of the group.
    private func conflicts(
        in metadata: VolumeGroupMetadata,
        _ looks: [String: [DiskLook]],
        _ survey: DiskSurvey
    ) -> [DiskConflict] {
        var conflicts: [DiskConflict] = []
        for disk in metadata.physicalVolumes {
            let devices = sources.distinct((looks[disk.id] ?? []).map(\.device))
            guard devices.count > 1 else { continue }
            conflicts.append(.duplicate(id: disk.id, devices: devices.sorted()))
        }
        let twice = Set(conflicts.flatMap(\.devices))
        let old = survey.looks.filter { !twice.contains($0.device) }
        return conflicts + old.compactMap { texts.conflict(of: $0, with: metadata) }
    }

    /// Whether to search for the disks again: at first, when one is missing, and at intervals while
    /// it stays missing.
    private func wantsSearch(_ result: Result<VolumeGroupMetadata, DriverError>) -> Bool {
        guard let lastSearch, !isSearchWanted else { return true }
        let absent = absent(in: result)
        guard absent != [] else {
            // LVM may have been told meanwhile which disk it is not to use.
            return hasConflict && now() - lastSearch >= Self.shortPatience
        }
        guard absent == absentAfterSearch else { return true }
        return now() - lastSearch >= (absent == nil ? Self.shortPatience : Self.patience)
    }

    private mutating func search() throws(DriverError) {
        defer { lastSearch = now() }
        isSearchWanted = false
        hidden = [:]
        var found: [String] = []
        // LVM says "[unknown]" for a disk that is not there.
        for device in try sources.find() where device.hasBytePrefix("/") && !found.contains(device)
        {
            found.append(device)
        }
        // A disk that has gone is looked for where it was, and what was there may tell why.
        devices = found + Set(places.values).subtracting(found).sorted()
    }

    /// The disks of the group that cannot be read; nil where there is no text.
    private func absent(in result: Result<VolumeGroupMetadata, DriverError>) -> Set<String>? {
        guard case .success(let metadata) = result else { return nil }
        return Set(metadata.physicalVolumes.filter { $0.trouble != nil }.map(\.id))
    }
}
