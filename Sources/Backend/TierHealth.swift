package import DriverCore

/// The state of a tier's storage, from a scan that changes nothing.
package struct TierHealth: Sendable, Hashable {
    /// A problem that an administrator must fix.
    package struct Problem: Sendable, Hashable {
        package enum Kind: String, Sendable, CaseIterable {
            /// The tier cannot serve now.
            case unavailable
            /// The storage does not answer.
            case hanging
            /// A disk is missing or does not answer.
            case missingDisk = "missing_disk"
            /// Several disks claim to be one: a clone, or paths to one disk without multipathd.
            case duplicateDisk = "duplicate_disk"
            /// A disk has metadata of a group that is older than the group's.
            case outdatedDisk = "outdated_disk"
            /// A pool or group is not active.
            ///
            /// It is activated when it is needed, unless an administrator has stopped it.
            case inactive
            /// A volume has lost a copy of its data.
            case degraded
            /// A part of a volume cannot be read.
            case broken
            /// A mounted file system has stopped after an error.
            case deadFilesystem = "dead_filesystem"
            /// I/O to the volume waits.
            case suspended
            /// A snapshot has lost its contents.
            case invalidSnapshot = "invalid_snapshot"
            /// A volume's device uses the node's page cache.
            case bufferedIO = "buffered_io"
            /// A store is nearly full, or full.
            case full
            /// A record cannot be read.
            case record
            /// An object of a tier that is not configured.
            case unknownTier = "unknown_tier"
        }

        package let kind: Kind
        /// The object with the problem: `vg/v1-...`, `disk /dev/sdb`.
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

    /// A store that can become full.
    package enum Store: String, Sendable, CaseIterable {
        /// The data of the volumes.
        case data
        /// The metadata of the thin pool.
        case poolMetadata = "pool_metadata"
        /// The metadata area of the volume group.
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
