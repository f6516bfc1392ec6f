import Backend
import BackendLVM
import BackendLoop
import Configuration
import DriverCore
import Host

/// The checks of one loop tier: its pool, objects, loop devices and room.
struct TierChecks {
    private let tier: TierConfiguration
    private let loop: LoopTierConfiguration
    private let survey: PoolSurvey
    private var examination: Examination

    /// Below this free share of a thin pool's disk, writes to volumes may soon fail.
    private static let lowPercent = Int64(5)

    /// `group` is the back end of an LVM tier.
    static func run(
        _ tier: TierConfiguration,
        _ group: LVMBackend?,
        stateFolder: String
    ) async -> [Check] {
        switch tier.backend {
        case .lvm: return group.map { GroupChecks.run(tier, $0) } ?? []
        case .loop(let loop):
            let rules = PoolRules(loop, stateFolder: stateFolder)
            let survey = await survey(of: loop.directory, tier: tier.name, rules)
            var checks = TierChecks(tier, loop, survey)
            checks.examine()
            return checks.examination.checks
        }
    }

    /// Scans twice where something seems wrong: a running driver may just be changing it.
    private static func survey(of directory: String, tier: String, _ rules: PoolRules) async
        -> PoolSurvey
    {
        let first = PoolSurvey(of: directory, tier: tier, rules: rules)
        guard !first.findings.isEmpty else { return first }
        try? await Task.sleep(for: momentOfChange)
        var second = PoolSurvey(of: directory, tier: tier, rules: rules)
        second.keepFindings(alsoIn: first)
        return second
    }

    /// Longer than the driver takes from one step of a change to the next.
    private static let momentOfChange = Duration.milliseconds(300)

    private init(_ tier: TierConfiguration, _ loop: LoopTierConfiguration, _ survey: PoolSurvey) {
        self.tier = tier
        self.loop = loop
        self.survey = survey
        examination = Examination("tier \(tier.name)")
    }

    private mutating func examine() {
        if survey.isPool { examination.good("pool", loop.directory) }
        examineMount()
        for finding in survey.findings {
            examination.problem(finding.path, finding.problem, finding.advice)
        }
        guard let usage = survey.usage, survey.isPool else { return }
        examineFilesystem(usage)
        examineRoom(usage)
        examineOthers(usage)
        examineDiscards()
        examination.good(
            "objects",
            "volumes: \(survey.volumes.count), snapshots: \(survey.snapshots.count)"
        )
        examination.good("loop devices", "attached: \(survey.attached)")
        examineVolumes()
    }

    private mutating func examineVolumes() {
        for record in survey.buffered {
            examination.note(
                "volume \(record.name)",
                "no direct I/O: \(record.bufferingCause)",
                record.bufferingAdvice
            )
        }
        for volume in survey.fragmented {
            examination.note(
                "volume \(volume.name)",
                "\(volume.extents) extents: a snapshot or clone blocks its writers for "
                    + volume.hold,
                "move its data to a new volume, and take snapshots less often: each adds extents"
            )
        }
        if !survey.haveAllExtentsBeenCounted {
            examination.note("extents", "not counted in all volumes: that takes too long here")
        }
    }

    private mutating func examineFilesystem(_ usage: StorageUsage) {
        let type = survey.mount?.type ?? "unknown"
        switch survey.canClone {
        case nil: examination.note("file system", "\(type), reflink unknown")
        case true?: examination.good("file system", "\(type) with reflink: copies take no time")
        case false?:
            examination.note(
                "file system",
                "\(type) without reflink: snapshots and clones copy every byte",
                "put the pool on XFS or btrfs, which copy without delay"
            )
        }
    }

    private mutating func examineMount() {
        guard let mount = survey.mount, mount.isVolatile, !loop.isVolatile else { return }
        examination.note(
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
            return examination.note(
                "neighbours",
                "the pool is a directory in the file system on \(mount.target), which others fill too",
                advice
            )
        }
        guard others > ByteCount(usage.total.bytes / 100 * Self.smallPercent) else { return }
        examination.note(
            "neighbours",
            "\(others.short) of \(usage.total.short) are used by other files, or reserved by the file "
                + "system",
            advice
        )
    }

    private mutating func examineDiscards() {
        guard loop.provisioning == .thick, HostFeatures.refusesDiscardsByLimit == false else {
            return
        }
        examination.problem(
            "discards",
            "a loop device cannot refuse them before Linux 5.19: fstrim makes thick volumes thin",
            "run Linux 5.19 or newer, or switch fstrim off on this node (fstrim.timer, mount option "
                + "discard)"
        )
    }

    private mutating func examineRoom(_ usage: StorageUsage) {
        let reserve = tier.reserve.amount(of: usage.total)
        let low = ByteCount(usage.total.bytes / 100 * Self.lowPercent)
        let room = "\(usage.available.short) of \(usage.total.short) free, \(reserve.short) reserve"
        let advice = "delete volumes or snapshots, or enlarge the pool's file system"
        if usage.available < reserve {
            examination.problem("room", "\(room): the reserve is in use", advice)
        } else if loop.provisioning == .thin, usage.available < low {
            examination.problem("room", "\(room): writes to volumes will soon fail", advice)
        } else {
            examination.good("room", room)
        }
    }
}
