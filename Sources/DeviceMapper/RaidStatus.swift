package import DriverCore

/// The kernel's status of a RAID.
///
/// Source: the kernel's Documentation/admin-guide/device-mapper/dm-raid.rst.
package struct RaidStatus: Sendable, Hashable {
    package enum Leg: Sendable, Hashable, CaseIterable {
        case inSync, outOfSync, failed
        /// A place that nothing fills.
        case absent

        fileprivate init?(letter: UInt8) {
            switch letter {
            case UInt8(ascii: "A"): self = .inSync
            case UInt8(ascii: "a"): self = .outOfSync
            case UInt8(ascii: "D"): self = .failed
            case UInt8(ascii: "-"): self = .absent
            default: return nil
            }
        }
    }

    package enum Action: String, Sendable, Hashable, CaseIterable {
        case idle, frozen, resync, recover, check, repair, reshape
        /// "undef": the kernel does not say.
        case unknown = "undef"
    }

    /// `raid1`, `raid5_ls`, `raid6_zr`, `raid10`, ...
    package let type: String
    /// One for each device, in their order.
    package let legs: [Leg]
    /// How much is in sync, in sectors of the part that the action goes through.
    package let syncedSectors: UInt64
    package let totalSectors: UInt64
    package let action: Action
    /// Differences between legs that the last check has found.
    package let mismatches: UInt64

    /// Whether a leg is lost, so that the next failure may be one too many.
    package var isDegraded: Bool { legs.contains { $0 == .failed || $0 == .absent } }
    /// Whether every leg holds everything.
    package var isInSync: Bool {
        legs.allSatisfy { $0 == .inSync } && syncedSectors == totalSectors
    }

    /// Throws `unavailable` where the text is not a RAID's.
    package init(parsing status: String) throws(DriverError) {
        var words = StatusWords(status, of: "raid")
        type = String(try words.word())
        let count = try words.number()
        legs = try words.word().utf8.map { (letter) throws(DriverError) -> Leg in
            guard let leg = Leg(letter: letter) else { throw words.refusal() }
            return leg
        }
        guard UInt64(legs.count) == count else { throw words.refusal() }
        (syncedSectors, totalSectors) = try words.ratio()
        action = try words.choice(Action.byWord)
        mismatches = try words.number()
    }
}

extension RaidStatus.Action {
    fileprivate static let byWord = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) }
    )
}
