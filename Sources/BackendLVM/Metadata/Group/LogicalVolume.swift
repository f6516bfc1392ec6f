import DriverCore

/// A logical volume of a group, the hidden ones included.
struct LogicalVolume: Sendable, Hashable {
    let name: String
    /// As in the text, with dashes.
    let id: String
    /// `READ`, `WRITE`, `VISIBLE`, `PVMOVE`, `LOCKED`.
    let status: Set<String>
    /// `ACTIVATION_SKIP`, `ERROR_WHEN_FULL`.
    let flags: Set<String>
    let tags: [String]
    /// In seconds since 1970; zero where LVM did not write it down.
    let created: Int64
    /// In order of their place in the volume, without a gap; there is at least one.
    let segments: [Segment]

    /// The volume's size.
    var extents: Int { segments.reduce(0) { $0 + $1.extents } }

    /// Whether a plain activation leaves it out (`lvchange -K` does not).
    var isSkippedByActivation: Bool { flags.contains("ACTIVATION_SKIP") }

    /// Its properties as a thin volume; nil where it is none.
    var thin: ThinVolume? {
        guard case .thin(let thin)? = segments.first?.kind else { return nil }
        return thin
    }

    /// Its properties as a thin pool; nil where it is none.
    var thinPool: ThinPool? {
        guard case .thinPool(let pool)? = segments.first?.kind else { return nil }
        return pool
    }

    /// Its RAID; nil where it has none.
    var raid: RAID? {
        guard case .raid(let raid)? = segments.first?.kind else { return nil }
        return raid
    }

    /// The snapshot that it ties to its origin, if it is such a hidden volume.
    var snapshotTie: CopyOnWriteSnapshot? {
        guard case .snapshot(let snapshot)? = segments.first?.kind else { return nil }
        return snapshot
    }
}

extension LogicalVolume {
    init(_ section: ConfigSection) throws(DriverError) {
        name = section.name
        id = try section.string("id")
        status = Set(try section.strings("status"))
        flags = Set(try section.strings("flags"))
        tags = try section.strings("tags")
        created = Int64(try section.integer("creation_time", in: 0...Int.max, else: 0))
        segments = try Self.segments(of: section)
    }

    private static func segments(of section: ConfigSection) throws(DriverError) -> [Segment] {
        let count = try section.integer("segment_count", in: 1...Limits.mostExtents)
        var segments: [Segment] = []
        var end = 0
        for child in section.sections() where child.name.hasBytePrefix("segment") {
            let segment = try inside(section.name) { () throws(DriverError) in
                try Segment(child)
            }
            guard segment.start == end else {
                throw section.wrong(child.name, "not directly after the segment before it")
            }
            end += segment.extents
            segments.append(segment)
        }
        guard segments.count == count, end <= Limits.mostExtents else {
            throw section.wrong("segment_count", "not equal to the number of its segments")
        }
        return segments
    }
}

/// Runs a step of parsing; a failure names the section.
func inside<Result>(_ name: String, _ step: () throws(DriverError) -> Result) throws(DriverError)
    -> Result
{
    do throws(DriverError) {
        return try step()
    } catch {
        throw error.adding(context: name)
    }
}
