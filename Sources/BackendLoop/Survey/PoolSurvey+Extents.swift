import Backend
import DriverCore
import Host

/// Files with so many extents that a cut blocks their writers for long.
extension PoolSurvey {
    /// A volume whose file has very many extents.
    struct Fragmented: Sendable, Hashable {
        let name: String
        let extents: Int64

        /// How long a cut blocks the writers of the volume: `0.2 to 0.4 s`.
        ///
        /// Source: measured on XFS and Linux 6.18, 10 to 24 microseconds an extent.
        var hold: String {
            let tenths = [10, 24].map { $0 * extents / 100_000 }
            return tenths.map { "\($0 / 10).\($0 % 10)" }.joined(separator: " to ") + " s"
        }
    }

    /// From this number on a cut takes a noticeable part of a second.
    private static let manyExtents = Int64(20_000)
    /// For all volumes together; the kernel reads every extent to count them.
    private static let countingTime = Duration.seconds(2)

    /// Counts the extents of the volumes, as many as the time allows; only needed for reflinks.
    mutating func countExtents(in root: borrowing Folder) throws(DriverError) {
        guard canClone == true else { return }
        let shelf = try Shelf<VolumeRecord>(in: root)
        let end = ContinuousClock.now + Self.countingTime
        for record in volumes {
            guard ContinuousClock.now < end else {
                haveAllExtentsBeenCounted = false
                return
            }
            guard let extents = try shelf.data(record.id, for: .reading)?.extentCount(),
                extents >= Self.manyExtents
            else { continue }
            fragmented.append(Fragmented(name: record.name, extents: extents))
        }
    }
}
