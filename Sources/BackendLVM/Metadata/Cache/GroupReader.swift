import DriverCore

/// Reads a group's metadata from its disks, and knows what the look before has shown.
struct GroupReader {
    /// Between two searches for a disk that stays away, while another has the text.
    private static let patience = Duration.seconds(60)
    /// The same while there is no text at all.
    private static let shortPatience = Duration.seconds(5)
    private static let mostLooks = 5

    private let group: String
    private let read: DeviceRead
    private let now: @Sendable () -> ContinuousClock.Instant
    private let findDevices: @Sendable () throws(DriverError) -> [String]

    private var devices: [String] = []
    private var lastSearch: ContinuousClock.Instant?
    /// The disks that were away after the last search; nil where there was no text.
    private var absentAfterSearch: Set<String>?
    /// Where each disk was when it was seen last, by its id.
    private var places: [String: String] = [:]
    private var texts: GroupTexts
    private(set) var answer: Result<VolumeGroupMetadata, DriverError>?

    init(
        group: String,
        read: @escaping DeviceRead,
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        findDevices: @escaping @Sendable () throws(DriverError) -> [String]
    ) {
        self.group = group
        self.read = read
        self.now = now
        self.findDevices = findDevices
        texts = GroupTexts(group: group)
    }

    var parses: Int { texts.parses }

    mutating func look() -> Result<VolumeGroupMetadata, DriverError> {
        var result = attempt()
        if wantsSearch(result) {
            do throws(DriverError) {
                try search()
                result = attempt()
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

    /// Marks in a text what is known of the disks that it names, and forgets those that it does not.
    private mutating func finished(_ text: VolumeGroupMetadata, _ survey: DiskSurvey)
        -> VolumeGroupMetadata
    {
        let looks = Dictionary(survey.looks.map { ($0.label.id, $0) }) { first, _ in first }
        var metadata = text
        metadata.metadataSpace = survey.space(for: text)
        for index in metadata.physicalVolumes.indices {
            let id = metadata.physicalVolumes[index].id
            if let look = looks[id] {
                places[id] = look.device
                metadata.physicalVolumes[index].device = look.device
                metadata.physicalVolumes[index].warning = texts.damage[id] ?? look.damage
            } else {
                metadata.physicalVolumes[index].trouble =
                    places[id].flatMap { survey.failures[$0] }
                    ?? "no device of this host carries the disk \(id)"
            }
        }
        let ids = Set(metadata.physicalVolumes.map(\.id))
        places = places.filter { ids.contains($0.key) }
        if metadata.physicalVolumes.allSatisfy({ $0.trouble == nil }) {
            devices = metadata.physicalVolumes.compactMap(\.device)
        }
        return metadata
    }

    /// Whether to ask anew where the disks are: at first, when one has gone, and now and then as
    /// long as it stays away.
    private func wantsSearch(_ result: Result<VolumeGroupMetadata, DriverError>) -> Bool {
        guard let lastSearch else { return true }
        let absent = absent(in: result)
        guard absent != [] else { return false }
        guard absent == absentAfterSearch else { return true }
        return now() - lastSearch >= (absent == nil ? Self.shortPatience : Self.patience)
    }

    private mutating func search() throws(DriverError) {
        defer { lastSearch = now() }
        var found: [String] = []
        // LVM says "[unknown]" for a disk that is not there.
        for device in try findDevices() where device.hasBytePrefix("/") && !found.contains(device) {
            found.append(device)
        }
        // A disk that has gone is looked for where it was, and what was there may tell why.
        devices = found + Set(places.values).subtracting(found).sorted()
    }

    /// The disks that the text names and nobody can read; nil where there is no text.
    private func absent(in result: Result<VolumeGroupMetadata, DriverError>) -> Set<String>? {
        guard case .success(let metadata) = result else { return nil }
        return Set(metadata.physicalVolumes.filter { $0.trouble != nil }.map(\.id))
    }
}
