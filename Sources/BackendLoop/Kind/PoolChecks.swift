import Backend
import Configuration
import DriverCore
import Host

/// What doctor tells of a loop tier: its pool, what lies in it, its loop devices and its room.
struct PoolChecks {
    private let tier: TierConfiguration
    private let storage: LoopStorage
    private let survey: PoolSurvey
    private var findings: [Finding] = []

    init(_ tier: TierConfiguration, _ storage: LoopStorage, _ survey: PoolSurvey) {
        self.tier = tier
        self.storage = storage
        self.survey = survey
    }

    /// What was found, in the order in which it is told.
    mutating func run() -> [Finding] {
        examine()
        return findings
    }

    private mutating func examine() {
        if survey.isPool { good("pool", storage.directory) }
        examineMount()
        findings += survey.findings
        guard let usage = survey.usage, survey.isPool else { return }
        examineFilesystem(usage)
        findings.append(
            usage.roomFinding(reserve: tier.reserve, isThick: storage.provisioning == .thick)
        )
        examineOthers(usage)
        examineDiscards()
        good(
            "objects",
            "volumes: \(survey.volumes.count), snapshots: \(survey.snapshots.count)"
        )
        good("loop devices", "attached: \(survey.attached)")
        examineVolumes()
    }

    private mutating func examineVolumes() {
        for record in survey.buffered {
            note(
                "volume \(record.name)",
                "no direct I/O: \(record.bufferingCause)",
                record.bufferingAdvice
            )
        }
        for volume in survey.fragmented {
            note(
                "volume \(volume.name)",
                "\(volume.extents) extents: a snapshot or clone blocks its writers for "
                    + volume.hold,
                "move its data to a new volume, and take snapshots less often: each adds extents"
            )
        }
        if !survey.haveAllExtentsBeenCounted {
            note("extents", "not counted in all volumes: that takes too long here")
        }
    }

    private mutating func examineFilesystem(_ usage: StorageUsage) {
        let type = survey.mount?.type ?? "unknown"
        switch survey.canClone {
        case nil: note("file system", "\(type), reflink unknown")
        case true?: good("file system", "\(type) with reflink: copies take no time")
        case false?:
            note(
                "file system",
                "\(type) without reflink: snapshots and clones copy every byte",
                "put the pool on XFS or btrfs, which copy without delay"
            )
        }
    }

    private mutating func examineMount() {
        guard let mount = survey.mount, mount.isVolatile, !storage.isVolatile else { return }
        note(
            "persistence",
            "the pool is on \(mount.type): a reboot, or the end of the container, loses every volume",
            "put it on a disk of the node, or write 'volatile: true' in the tiers file"
        )
    }

    /// A share of the disk that others may use without a word about it, in percent.
    private static let smallPercent = Int64(10)

    /// Reports other files on the pool's file system: volumes do not get their room.
    private mutating func examineOthers(_ usage: StorageUsage) {
        guard let mount = survey.mount else { return }
        let others = usage.total - usage.available - survey.allocated
        let advice = "give the pool a file system of its own"
        guard mount.isRoot else {
            return note(
                "neighbours",
                "the pool is a directory in the file system on \(mount.target), which others fill too",
                advice
            )
        }
        guard others > ByteCount(usage.total.bytes / 100 * Self.smallPercent) else { return }
        note(
            "neighbours",
            "\(others.short) of \(usage.total.short) are used by other files, or reserved by the file "
                + "system",
            advice
        )
    }

    private mutating func examineDiscards() {
        guard storage.provisioning == .thick, HostFeatures.refusesDiscardsByLimit == false else {
            return
        }
        problem(
            "discards",
            "a loop device cannot refuse them before Linux 5.19: fstrim makes thick volumes thin",
            "run Linux 5.19 or newer, or switch fstrim off on this node (fstrim.timer, mount option "
                + "discard)"
        )
    }

    private mutating func good(_ subject: String, _ found: String) {
        findings.append(.good(subject, found))
    }

    private mutating func note(_ subject: String, _ found: String, _ advice: String? = nil) {
        findings.append(.note(subject, found, advice))
    }

    private mutating func problem(_ subject: String, _ found: String, _ advice: String) {
        findings.append(.problem(subject, found, advice))
    }
}
