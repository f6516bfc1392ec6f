import Backend
import BackendLVM
import DriverCore
import TestSupport

/// A volume group on disks of its own, and where it is thin a pool in it.
struct LVMFixture: BackendFixture {
    private let group: TestSupport.VolumeGroup
    private let provisioning: Provisioning
    private let reserve: Reserve

    private static let pool = "pool"
    /// LVM's own.
    private static let extent = ByteCount.mebibytes(4)

    static func thin() -> BackendRow {
        BackendRow(
            isThick: false,
            // A thin snapshot is a volume of its own, a thick one a record of what has changed.
            snapshotsNeedTheirSource: false,
            copiesOpenDevices: true,
            keepsDevices: true
        ) { options, folder in
            // LVM's metadata, and a pool's twice over.
            let group = try folder.makeVolumeGroup(diskSize: options.size + .mebibytes(32))
            try group.makeThinPool(pool, size: options.size)
            return LVMFixture(
                group: group,
                provisioning: .thin(ThinOptions(pool: pool, overcommit: options.overcommit)),
                reserve: options.reserve
            )
        }
    }

    static func thick(_ thick: ThickOptions) -> BackendRow {
        let layout = thick.layout
        // A RAID of redundancy keeps an extent of its own on each disk.
        let overhead = layout.isRedundant ? extent : .zero
        return BackendRow(
            isThick: true,
            snapshotsNeedTheirSource: true,
            copiesOpenDevices: true,
            keepsDevices: true,
            overhead: ByteCount(overhead.bytes * Int64(layout.stripes))
        ) { options, folder in
            // So large that volumes of this layout get the size that is asked for.
            let share = ByteCount(options.size.bytes / Int64(layout.stripes))
            let group = try folder.makeVolumeGroup(
                disks: layout.width,
                diskSize: share + extent + overhead
            )
            return LVMFixture(
                group: group,
                provisioning: .thick(thick),
                reserve: options.reserve
            )
        }
    }

    func open() throws -> any VolumeBackend {
        LVMBackend(
            tier: "test",
            group: BackendLVM.VolumeGroup(named: group.name, tiers: ["test"]),
            provisioning: provisioning,
            reserve: reserve,
            logger: quietLogger
        )
    }

    /// The hidden legs of a RAID are no objects.
    func objects() throws -> [String] {
        try group.rows("lv_name").map { $0[0] }.filter { !isLeg($0) }
    }

    /// LVM counts in extents, at once.
    func settle() {}

    func makeForeign() throws -> [String] {
        let names = ["admin", "v1-old"]
        for name in names {
            let place =
                switch provisioning {
                case .thick: ["--size", "4m"]
                case .thin: ["--virtualsize", "4m", "--thinpool", Self.pool]
                }
            try group.lvm(["lvcreate"] + place + ["--name", name, group.name])
        }
        return names.map(group.path)
    }

    /// `[v1-…_rimage_0]`.
    private func isLeg(_ name: String) -> Bool {
        name.contains("_rimage_") || name.contains("_rmeta_")
    }
}
