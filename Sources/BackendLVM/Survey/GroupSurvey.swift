package import Backend
import DeviceMapper
import DriverCore
import Host

/// A scan of a tier's volume group that changes nothing and needs no running driver.
struct GroupSurvey: Sendable {
    private(set) var volumes: [VolumeRecord] = []
    private(set) var snapshots: [SnapshotRecord] = []
    private(set) var findings: [Finding] = []
    /// The number of volumes and snapshots with the id of each node, by the node's 16 digits.
    private(set) var nodes: [String: Int] = [:]
    /// The share in use of each store that can become full.
    var levels: [TierHealth.Store: Double] = [:]

    let backend: LVMBackend
    var group: String { backend.group.name }

    /// Scans the group of a tier and, with `includingHost`, the host's programs and kernel; that
    /// runs a program.
    init(of backend: LVMBackend, includingHost: Bool = true) {
        self.backend = backend
        do {
            if includingHost { try examineHost() }
            if let trouble = backend.group.trouble {
                let advice = "check whether its disks answer (dmesg); they may need to be replaced"
                problem(.hanging, "volume group \(group)", trouble, advice)
            }
            try backend.refuseLongNames(of: backend.ownLayout)
            guard try !examineConflicts() else { return }
            let metadata = try backend.group.metadata()
            try examineActivation(metadata, includingHost)
            examineDisks(metadata)
            examineMetadataArea(metadata)
            try examineSuspensions(metadata)
            try examineRoom(metadata)
            examineOwners(metadata)
            for own in backend.allOwn(in: metadata) { examine(own, metadata) }
            nodes = Self.nodes(of: backend.allOwn(in: metadata).map(\.volume.name))
            volumes = try backend.readableVolumes()
            snapshots = try backend.readableSnapshots()
            good("objects", "volumes: \(volumes.count), snapshots: \(snapshots.count)")
        } catch {
            let advice = "fix this; the driver recovers without a restart"
            problem(.unavailable, "volume group \(group)", error.message, advice)
        }
    }

    private static func nodes(of names: [String]) -> [String: Int] {
        names.reduce(into: [:]) { counts, name in
            let node = VolumeID(parsing: name)?.nodeDigest ?? SnapshotID(parsing: name)?.nodeDigest
            if let node { counts[String(node), default: 0] += 1 }
        }
    }

    mutating func good(_ subject: String, _ found: String) {
        findings.append(.good(subject, found))
    }

    mutating func note(_ subject: String, _ found: String, _ advice: String? = nil) {
        findings.append(.note(subject, found, advice))
    }

    mutating func problem(
        _ kind: Finding.Kind,
        _ subject: String,
        _ found: String,
        _ advice: String
    ) {
        findings.append(.problem(kind, subject, found, advice))
    }
}

extension LVMBackend {
    /// The health from the group's metadata and the kernel; runs no program unless a disk has
    /// moved.
    package func health() -> TierHealth {
        let survey = GroupSurvey(of: self, includingHost: false)
        var health = TierHealth()
        health.levels = survey.levels
        health.problems = survey.findings.filter { $0.state == .problem }
        return health
    }
}

/// The group as a whole.
extension GroupSurvey {
    private mutating func examineDisks(_ metadata: VolumeGroupMetadata) {
        for disk in metadata.physicalVolumes {
            guard let trouble = disk.isMissing ? "missing" : disk.trouble else { continue }
            let advice =
                disk.isHidden
                ? "do that before you remove anything from the group: its data still exists"
                : "bring it back, then run vgextend --restoremissing \(group) <disk>; only if it is lost "
                    + "for good, \(LostDisk.advice(group))"
            problem(
                .missingDisk,
                "disk \(disk.device ?? disk.deviceHint)",
                "\(trouble) (physical volume \(disk.id))",
                advice
            )
        }
        good("disks", "\(metadata.physicalVolumes.count) in volume group \(group)")
    }

    /// Below this free share of the area, changes may soon fail.
    private static let lowMetadataPercent = Int64(10)

    private mutating func examineMetadataArea(_ metadata: VolumeGroupMetadata) {
        guard let space = metadata.metadataSpace else { return }
        let free = Double(space.free.bytes) / Double(max(space.limit.bytes, 1))
        levels[.groupMetadata] = 1 - free
        let found = "\(space.free.bytes >> 10) of \(space.limit.bytes >> 10) KiB free"
        if space.free.bytes < space.limit.bytes / 100 * Self.lowMetadataPercent {
            problem(
                .full,
                "metadata area",
                "\(found): new volumes will soon be refused",
                "remove volumes or snapshots, or make a group with pvcreate --metadatasize 32m"
            )
        } else {
            good("metadata area", found)
        }
    }

    private mutating func examineOwners(_ metadata: VolumeGroupMetadata) {
        var foreign = 0
        for volume in metadata.logicalVolumes.values where !metadata.isHidden(volume) {
            guard let tags = Tags(reading: volume.tags) else {
                if volume.thinPool == nil { foreign += 1 }
                examineUnmarked(volume)
                continue
            }
            let name = "\(group)/\(volume.name)"
            let tier: String
            do throws(DriverError) {
                tier = try tags.required(Fact.tier)
            } catch {
                problem(
                    .record,
                    name,
                    error.message,
                    "fix this; until then the volume is in no list"
                )
                continue
            }
            if backend.group.tiers.contains(tier) { continue }
            problem(
                .unknownTier,
                name,
                "belongs to tier '\(tier)', which is not in the tiers file",
                "put that tier back into the tiers file; run lvremove only if nobody needs the volume's "
                    + "data"
            )
        }
        guard foreign > 0 else { return }
        note("shared", "\(foreign) other volumes in volume group \(group)")
    }
}

extension GroupSurvey {
    /// An untagged volume that has one of the driver's names.
    private mutating func examineUnmarked(_ volume: LogicalVolume) {
        guard VolumeID(parsing: volume.name) != nil || SnapshotID(parsing: volume.name) != nil
        else { return }
        problem(
            .unknownTier,
            "\(group)/\(volume.name)",
            "has a name like the driver's, but not its tag '\(Tags.mark)'",
            "rename it (lvrename) if it is not Cairn's, or restore its tags"
        )
    }
}
