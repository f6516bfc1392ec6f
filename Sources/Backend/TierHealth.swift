package import DriverCore

/// How a tier's storage is, as far as a look tells that changes nothing.
package struct TierHealth: Sendable, Hashable {
    /// Something that needs somebody's hand.
    package struct Problem: Sendable, Hashable {
        package enum Kind: String, Sendable, CaseIterable {
            /// The tier cannot serve now.
            case unavailable
            /// Something has been asked and does not answer.
            case hanging
            /// A disk is away or does not answer.
            case missingDisk = "missing_disk"
            /// Several disks claim to be one: a clone, or paths to one disk without multipathd.
            case duplicateDisk = "duplicate_disk"
            /// A disk claims to belong to a group by a description older than the group's.
            case outdatedDisk = "outdated_disk"
            /// What volumes lie in is not active; it is activated when it is needed, unless somebody
            /// has stopped it.
            case inactive
            /// A volume has lost a copy of its data.
            case degraded
            /// A part of a volume cannot be read.
            case broken
            /// A mounted file system has given up after an error.
            case deadFilesystem = "dead_filesystem"
            /// Whoever reads or writes the volume waits.
            case suspended
            /// A snapshot has lost its contents.
            case invalidSnapshot = "invalid_snapshot"
            /// A volume's device reads and writes by way of the node's page cache.
            case bufferedIO = "buffered_io"
            /// It will soon be full, or is.
            case full
            /// What Cairn knows of an object cannot be read.
            case record
            /// An object of a tier that is not configured.
            case unknownTier = "unknown_tier"
        }

        package let kind: Kind
        /// What it is about: `vg/v1-...`, `disk /dev/sdb`.
        package let subject: String
        package let found: String
        /// What to do about it.
        package let advice: String

        package init(_ kind: Kind, _ subject: String, found: String, advice: String) {
            self.kind = kind
            self.subject = subject
            self.found = found
            self.advice = advice
        }
    }

    /// What can run full.
    package enum Store: String, Sendable, CaseIterable {
        /// What the volumes' bytes lie in.
        case data
        /// The thin pool's own tables.
        case poolMetadata = "pool_metadata"
        /// The descriptions of the volumes on the disks of the group.
        case groupMetadata = "group_metadata"
    }

    package var problems: [Problem] = []
    /// The share in use, 0...1, of each store that the tier has.
    package var levels: [Store: Double] = [:]

    package init() {}

    /// A tier that cannot serve, for this reason.
    package init(unavailable tier: String, _ error: DriverError) {
        problems = [
            Problem(
                .unavailable,
                "tier \(tier)",
                found: error.message,
                advice: "fix this; the driver recovers without a restart"
            )
        ]
    }

    package var isUp: Bool {
        !problems.contains { [.unavailable, .duplicateDisk, .outdatedDisk].contains($0.kind) }
    }
}
