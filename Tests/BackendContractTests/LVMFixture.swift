import Backend
import BackendLVM
import DriverCore
import TestSupport

/// A volume group on a disk of its own, and where it is thin a pool in it.
struct LVMFixture: BackendFixture {
    private let group: TestSupport.VolumeGroup
    private let isThick: Bool
    private let options: StorageOptions

    private static let pool = "pool"

    static func row(isThick: Bool) -> BackendRow {
        BackendRow(
            isThick: isThick,
            // A thin snapshot is a volume of its own, a thick one a record of what has changed.
            snapshotsNeedTheirSource: isThick,
            copiesOpenDevices: true,
            keepsDevices: true
        ) { options, folder in
            // LVM's own: its metadata, and a pool's twice over.
            let disk = options.size + .mebibytes(isThick ? 4 : 32)
            let group = try folder.makeVolumeGroup(diskSize: disk)
            if !isThick { try group.makeThinPool(pool, size: options.size) }
            return LVMFixture(group: group, isThick: isThick, options: options)
        }
    }

    func open() throws -> any VolumeBackend {
        LVMBackend(
            tier: "test",
            group: BackendLVM.VolumeGroup(named: group.name, tiers: ["test"]),
            provisioning: isThick
                ? .thick(ThickOptions())
                : .thin(ThinOptions(pool: Self.pool, overcommit: options.overcommit)),
            reserve: options.reserve,
            defaultFilesystem: .ext4,
            logger: quietLogger
        )
    }

    func objects() throws -> [String] { try group.rows("lv_name").map { $0[0] } }

    /// LVM counts in extents, at once.
    func settle() {}

    func makeForeign() throws -> [String] {
        let names = ["admin", "v1-old"]
        for name in names {
            let place =
                isThick ? ["--size", "4m"] : ["--virtualsize", "4m", "--thinpool", Self.pool]
            try group.lvm(["lvcreate"] + place + ["--name", name, group.name])
        }
        return names.map(group.path)
    }
}
