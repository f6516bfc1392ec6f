import DriverCore

/// The result of one scan of all disks of a group.
struct DiskSurvey: Sendable, Hashable {
    var looks: [DiskLook] = []
    /// The reason of each device that could not be read.
    var failures: [String: String] = [:]

    /// The texts that the areas point to, each with its disk.
    var texts: [(disk: DiskLook, header: AreaHeader)] {
        looks.flatMap { look in look.headers.filter(\.hasText).map { (look, $0) } }
    }

    /// All failures.
    var troubles: [String] { failures.values.sorted() + looks.compactMap(\.damage) }

    /// How full the metadata areas are; the smallest one counts, because each commit writes to all.
    func space(for text: VolumeGroupMetadata) -> MetadataSpace? {
        let ids = Set(text.physicalVolumes.map(\.id))
        let limits = texts.filter { ids.contains($0.disk.label.id) }.map(\.header.limit)
        guard let limit = limits.min(),
            let used = text.textSize.roundedUp(toMultipleOf: ByteCount(512))
        else { return nil }
        return MetadataSpace(used: used, limit: limit)
    }
}
