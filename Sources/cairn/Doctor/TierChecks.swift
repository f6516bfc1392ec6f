import Backend
import BackendLoop
import Configuration
import DriverCore
import Host

/// One tier: its pool, what lies in it, its loop devices and its room.
struct TierChecks {
    private let tier: TierConfiguration
    private let loop: LoopTierConfiguration
    private let survey: PoolSurvey
    private var examination: Examination

    /// Below this share of a thin pool's disk, volumes are soon told that it is full.
    private static let lowPercent = Int64(5)

    /// `tiers` is the whole file, of which the tier is one.
    static func run(_ tier: TierConfiguration, among tiers: [TierConfiguration]) -> [Check] {
        switch tier.backend {
        case .lvm: return GroupChecks.run(tier, among: tiers)
        case .loop(let loop):
            var checks = TierChecks(tier, loop)
            checks.examine()
            return checks.examination.checks
        }
    }

    private init(_ tier: TierConfiguration, _ loop: LoopTierConfiguration) {
        self.tier = tier
        self.loop = loop
        survey = PoolSurvey(of: loop.directory, tier: tier.name)
        examination = Examination("tier \(tier.name)")
    }

    private mutating func examine() {
        if survey.isPool { examination.good("pool", loop.directory) }
        for finding in survey.findings {
            examination.problem(finding.path, finding.problem, finding.advice)
        }
        guard let usage = survey.usage, survey.isPool else { return }
        examineFilesystem(usage)
        examineRoom(usage)
        examination.good(
            "objects",
            "volumes: \(survey.volumes.count), snapshots: \(survey.snapshots.count)"
        )
        examineLoopDevices()
    }

    private mutating func examineFilesystem(_ usage: StorageUsage) {
        let type = filesystemType() ?? "unknown"
        if survey.canClone {
            examination.good("file system", "\(type) with reflink: copies take no time")
        } else {
            examination.note(
                "file system",
                "\(type) without reflink: snapshots and clones copy every byte",
                "put the pool on XFS or btrfs to cut them in no time"
            )
        }
    }

    private func filesystemType() -> String? {
        guard let id = try? MountedPath.mountID(at: loop.directory),
            let mounts = try? MountTable.read()
        else { return nil }
        return mounts.first { $0.mountID == id }?.fsType
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

    private mutating func examineLoopDevices() {
        let ids = Set(survey.volumes.map(\.id.text) + survey.snapshots.map(\.id.text))
        let directory = resolvedPath(loop.directory)
        let files = LoopDevices.files().filter { $0.path.hasPrefix("\(directory)/") }
        var attached = 0
        for file in files {
            let isKnown = file.path.split(separator: "/").contains { ids.contains(String($0)) }
            if isKnown, !file.isDeleted {
                attached += 1
                continue
            }
            examination.problem(
                file.device.path,
                "attached to \(file.path), which is " + (file.isDeleted ? "deleted" : "no volume"),
                "unmount it, then losetup --detach \(file.device.path); its space comes back then"
            )
        }
        examination.good("loop devices", "attached: \(attached)")
    }
}
