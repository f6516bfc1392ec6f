import Backend
import BackendLoop
import DriverCore
import Host
import TestSupport

/// A pool on a file system of its own.
struct LoopFixture: BackendFixture {
    private let pool: PoolFilesystem
    private let isThick: Bool
    private let options: StorageOptions

    static func row(_ filesystem: FilesystemType, isThick: Bool) -> BackendRow {
        BackendRow(
            isThick: isThick,
            snapshotsNeedTheirSource: false,
            // A file system that shares blocks cuts a copy in one step.
            copiesOpenDevices: filesystem != .ext4,
            keepsDevices: false
        ) { options, folder in
            LoopFixture(
                pool: try PoolFilesystem(filesystem, size: options.size, in: folder),
                isThick: isThick,
                options: options
            )
        }
    }

    private var rules: PoolRules {
        var rules = PoolRules()
        rules.createsPool = true
        rules.requiresMountPoint = true
        return rules
    }

    func open() throws -> any VolumeBackend {
        try LoopBackend(
            tier: "test",
            directory: pool.path,
            rules: rules,
            isThick: isThick,
            overcommit: options.overcommit,
            reserve: options.reserve,
            loopDevices: LoopDevices(),
            logger: quietLogger
        )
    }

    func objects() throws -> [String] {
        Paths.names(in: "\(pool.path)/volumes") + Paths.names(in: "\(pool.path)/snapshots")
    }

    /// XFS and btrfs free the blocks of removed files in the background.
    func settle() throws { try Folder.existing(at: pool.path)?.synchronizeFilesystem() }

    func makeForeign() throws -> [String] {
        try Paths.makeFolder("\(pool.path)/volumes/backup")
        try Paths.makeFolder("\(pool.path)/snapshots/v1-old")
        let files = ["admin.img", "volumes/backup/data", "snapshots/v1-old/data"]
            .map { "\(pool.path)/\($0)" }
        for file in files { try Bytes.makeFile(file, size: .mebibytes(1)) }
        return files
    }
}
