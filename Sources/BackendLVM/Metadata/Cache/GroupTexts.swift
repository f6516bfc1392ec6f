import DriverCore

/// The metadata texts on a group's disks, each read and parsed once.
struct GroupTexts {
    /// Where a text is; it does not change until the next commit.
    private struct Source: Hashable {
        let device: String
        let header: AreaHeader

        var content: Content { Content(size: header.textSize, checksum: header.checksum) }
    }

    /// The same for all areas that hold the same text.
    private struct Content: Hashable {
        let size: Int64
        let checksum: UInt32
    }

    /// A text, and a disk that holds it.
    private struct HeldText {
        let device: String
        let text: VolumeGroupMetadata

        var number: Int { text.sequenceNumber }
    }

    private let group: String
    /// The group's id, once it was read, so that another group with its name is not mistaken for
    /// it.
    private var id: String?
    /// The texts from which the newest one was chosen.
    private var seen: Set<Source> = []
    /// The metadata that was last read at each place.
    private var known: [Source: VolumeGroupMetadata] = [:]
    private var newest: VolumeGroupMetadata?
    /// Why the text of a disk could not be read although another disk's could, by the disk's id.
    private(set) var damage: [String: String] = [:]
    private(set) var parses = 0

    init(group: String) { self.group = group }

    /// The text with the highest sequence number; a failure where no disk has a text of the group.
    mutating func newest(of survey: DiskSurvey, read: DeviceRead)
        -> Result<VolumeGroupMetadata, DriverError>
    {
        let texts = survey.texts.map { text in
            (disk: text.disk, source: Source(device: text.disk.device, header: text.header))
        }
        if let newest, Set(texts.map(\.source)) == seen { return .success(newest) }
        newest = nil
        return Result { () throws(DriverError) in
            let parsed = try parsed(texts, read: read)
            let held = texts.compactMap { text in
                parsed[text.source.content].map { HeldText(device: text.disk.device, text: $0) }
            }
            guard let found = try pick(from: held) else {
                throw Self.missing(survey, damage: damage)
            }
            seen = Set(texts.map(\.source))
            (newest, id) = (found, found.id)
            return found
        }
    }

    /// Parses each text once, from whichever disk can be read, and notes the disks that cannot.
    private mutating func parsed(
        _ texts: [(disk: DiskLook, source: Source)],
        read: DeviceRead
    ) throws(DriverError) -> [Content: VolumeGroupMetadata] {
        damage = [:]
        var parsed: [Content: VolumeGroupMetadata] = [:]
        for (_, source) in texts {
            parsed[source.content] = parsed[source.content] ?? known[source]
        }
        for (disk, source) in texts where parsed[source.content] == nil {
            let text: [UInt8]
            do throws(DriverError) {
                text = try disk.text(at: source.header, read: read)
            } catch {
                damage[disk.label.id] = error.message
                continue
            }
            parsed[source.content] = try parse(text, of: disk)
        }
        known = [:]
        for (_, source) in texts where parsed[source.content] != nil {
            known[source] = parsed[source.content]
        }
        return parsed
    }

    private mutating func parse(_ text: [UInt8], of disk: DiskLook) throws(DriverError)
        -> VolumeGroupMetadata
    {
        parses += 1
        do throws(DriverError) {
            return try VolumeGroupMetadata(parsing: text)
        } catch {
            throw DriverError(
                .hostFailure,
                "\(disk.device): cannot parse the metadata text: \(error.message); see "
                    + "`vgck` and `vgcfgbackup`"
            )
        }
    }

    private func pick(from texts: [HeldText]) throws(DriverError) -> VolumeGroupMetadata? {
        let ours = texts.filter { held in
            id.map { held.text.id == $0 } ?? (held.text.name == group)
        }
        guard Set(ours.map(\.text.id)).count <= 1 else {
            throw DriverError(
                .unavailable,
                "two volume groups have this name, on \(Self.devices(ours)); rename one by its id with "
                    + "vgrename"
            )
        }
        guard let newest = ours.max(by: { $0.number < $1.number }) else {
            guard let other = texts.first(where: { $0.text.name == group }) else { return nil }
            throw DriverError(
                .unavailable,
                "another group (\(other.text.id)) now has its name; if that is intended, restart the "
                    + "driver"
            )
        }
        try Self.refuseSplit(ours.filter { $0.number == newest.number })
        guard newest.text.name == group else {
            throw DriverError(
                .unavailable,
                "it was renamed to \(newest.text.name); rename it back, or use the new name in the "
                    + "tiers file and restart the driver"
            )
        }
        return newest.text
    }

    /// Throws where disks have different texts with the same number, so that none of them is newer.
    private static func refuseSplit(_ newest: [HeldText]) throws(DriverError) {
        guard let first = newest.first,
            let other = newest.first(where: { $0.text != first.text })
        else { return }
        throw DriverError(
            .unavailable,
            "\(first.device) and \(other.device) have different metadata of it with the same seqno "
                + "(\(first.number)): each was changed without the other; find out which is right, "
                + "and disconnect the other"
        )
    }

    private static func devices(_ texts: [HeldText]) -> String {
        Set(texts.map(\.device)).sorted().joined(separator: " and ")
    }

    /// The conflict of a disk with the newest text; nil where there is none.
    ///
    /// A disk that LVM marked as missing is no conflict, nor one that is behind by a commit that
    /// was cut short.
    func conflict(of disk: DiskLook, with newest: VolumeGroupMetadata) -> DiskConflict? {
        let held = known.filter { $0.key.device == disk.device && $0.value.id == newest.id }
        guard let own = held.values.max(by: { $0.sequenceNumber < $1.sequenceNumber }),
            own.sequenceNumber < newest.sequenceNumber
        else { return nil }
        let id = disk.label.id
        let holds = DiskConflict.Description(
            sequenceNumber: own.sequenceNumber,
            device: disk.device
        )
        let current = DiskConflict.Description(
            sequenceNumber: newest.sequenceNumber,
            device: holder(of: newest) ?? "another disk"
        )
        guard let member = newest.physicalVolumes.first(where: { $0.id == id }) else {
            guard own.physicalVolumes.contains(where: { $0.id == id }) else { return nil }
            return .removed(id: id, device: disk.device, holds: holds, newest: current)
        }
        guard !member.isMissing, newest.sequenceNumber - own.sequenceNumber > Self.cutCommits else {
            return nil
        }
        return .outdated(id: id, device: disk.device, holds: holds, newest: current)
    }

    /// How many commits a disk may be behind without a conflict.
    ///
    /// LVM writes to one disk after the other, so a killed command leaves some a commit behind; the
    /// next one may be killed too.
    private static let cutCommits = 2

    private func holder(of text: VolumeGroupMetadata) -> String? {
        known.filter {
            $0.value.id == text.id && $0.value.sequenceNumber == text.sequenceNumber
        }.map(\.key.device).min()
    }

    /// The error where no disk has a text of the group.
    private static func missing(_ survey: DiskSurvey, damage: [String: String]) -> DriverError {
        let reasons = survey.troubles + damage.values.sorted()
        let reason =
            reasons.isEmpty
            ? "no disk of this node has its metadata" : reasons.joined(separator: "; ")
        return DriverError(.unavailable, "it is missing: \(reason); see `vgs` and `pvs`")
    }
}
