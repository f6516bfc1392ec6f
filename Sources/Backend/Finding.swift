/// One thing that was looked at: what was found, and what to do about it.
///
/// Surveys, doctor and the health of a tier all report these.
package struct Finding: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        case good = "ok"
        /// Worth knowing, but not wrong.
        case note
        case problem
    }

    /// As what the metrics count a problem of a tier.
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

    package let state: State
    /// nil for what no metric counts.
    package let kind: Kind?
    /// What was looked at: `pool`, `vg/v1-...`, `disk /dev/sdb`.
    package let subject: String
    package let found: String
    /// What to do about it; nil where there is nothing to do.
    package let advice: String?

    /// What was found and what to do about it, in one line.
    package var message: String { advice.map { "\(found); \($0)" } ?? found }

    private init(
        _ state: State,
        _ kind: Kind?,
        _ subject: String,
        _ found: String,
        _ advice: String?
    ) {
        self.state = state
        self.kind = kind
        self.subject = subject
        self.found = found
        self.advice = advice
    }

    package static func good(_ subject: String, _ found: String) -> Finding {
        Finding(.good, nil, subject, found, nil)
    }

    package static func note(_ subject: String, _ found: String, _ advice: String? = nil) -> Finding
    {
        Finding(.note, nil, subject, found, advice)
    }

    /// A problem that no metric counts.
    package static func problem(_ subject: String, _ found: String, _ advice: String) -> Finding {
        Finding(.problem, nil, subject, found, advice)
    }

    package static func problem(
        _ kind: Kind,
        _ subject: String,
        _ found: String,
        _ advice: String
    ) -> Finding {
        Finding(.problem, kind, subject, found, advice)
    }
}
