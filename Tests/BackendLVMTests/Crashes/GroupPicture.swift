import DeviceMapper
import DriverCore
import DriverHarness
import TestSupport

@testable import BackendLVM

/// What a group holds, so that two moments can be compared.
struct GroupPicture: Sendable, Hashable {
    /// Of each logical volume, hidden ones too, what tells it from another one of its name.
    let volumes: [String: [String]]
    let freeExtents: Int
    /// Blocks of data in the thin pool.
    let usedBlocks: UInt64

    /// What is there for a while only.
    var halfMade: [String] {
        volumes.filter { $0.key.hasPrefix("t1-") || $0.value.contains("cairn.state=creating") }
            .map(\.key)
    }
}

/// Looks at a group as the driver does, without a program.
struct GroupWatch: Sendable {
    private let group: BackendLVM.VolumeGroup
    private let pool: String?

    init(_ disks: TestSupport.VolumeGroup, pool: String?) {
        group = BackendLVM.VolumeGroup(named: disks.name, tiers: [])
        self.pool = pool
    }

    func look() throws(DriverError) -> GroupPicture {
        let metadata = try group.metadata()
        let volumes = metadata.logicalVolumes.mapValues { volume in
            [volume.id, "\(volume.extents)"] + volume.tags.sorted()
        }
        return GroupPicture(
            volumes: volumes,
            freeExtents: metadata.freeExtents().reduce(0) { $0 + $1.extents },
            usedBlocks: try usedBlocks(metadata)
        )
    }

    private func usedBlocks(_ metadata: VolumeGroupMetadata) throws(DriverError) -> UInt64 {
        guard let pool, let volume = metadata.logicalVolumes[pool] else { return 0 }
        let uuid = metadata.deviceUUID(of: volume, layer: .thinPool)
        guard let target = try DeviceMapper.targets(uuid: uuid).first,
            case .working(let usage) = try ThinPoolStatus(parsing: target.status)
        else { throw DriverError(.hostFailure, "thin pool \(pool) does not work") }
        return usage.usedDataBlocks
    }
}

/// Devices that take no reads and writes, whoever waits for them.
enum Suspended {
    static func devices() -> [String] {
        Paths.names(in: "/sys/block").filter { name in
            name.hasPrefix("dm-")
                && (try? Files.text("/sys/block/\(name)/dm/suspended").hasPrefix("1")) == true
        }
    }
}
