import DriverCore

/// What one look at all disks of a group has shown.
struct DiskSurvey: Sendable, Hashable {
    var looks: [DiskLook] = []
    /// In words, by device.
    var failures: [String: String] = [:]

    /// Every text that an area in use names, with the disk that has it.
    var texts: [(disk: DiskLook, header: AreaHeader)] {
        looks.flatMap { look in look.headers.filter(\.hasText).map { (look, $0) } }
    }

    /// All that went wrong.
    var troubles: [String] { failures.values.sorted() + looks.compactMap(\.damage) }

    /// How full the areas are: the smallest one counts, for each commit writes to all.
    func space(for text: VolumeGroupMetadata) -> MetadataSpace? {
        let ids = Set(text.physicalVolumes.map(\.id))
        let limits = texts.filter { ids.contains($0.disk.label.id) }.map(\.header.limit)
        guard let limit = limits.min(),
            let used = text.textSize.roundedUp(toMultipleOf: ByteCount(512))
        else { return nil }
        return MetadataSpace(used: used, limit: limit)
    }
}
