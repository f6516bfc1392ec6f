import Backend
import DriverCore
import Glibc
import Host
import Logging
import TestSupport
import Testing

@testable import BackendLoop

/// A pool file system and a way to provision, as one argument of a test.
struct PoolKind: Sendable, CustomTestStringConvertible {
    let filesystem: FilesystemType
    let isThick: Bool

    var testDescription: String { "\(filesystem.rawValue) \(isThick ? "thick" : "thin")" }

    static let all = FilesystemType.allCases.flatMap { filesystem in
        [
            PoolKind(filesystem: filesystem, isThick: false),
            PoolKind(filesystem: filesystem, isThick: true),
        ]
    }
    static let thick = all.filter(\.isThick)
    static let thin = all.filter { !$0.isThick }
    static let ext4Thin = PoolKind(filesystem: .ext4, isThick: false)
}

/// A tier over a file system of its own, mounted in a test's folder.
final class TestPool {
    let folder: TemporaryFolder
    let kind: PoolKind
    let path: String
    let loopDevices = LoopDevices()
    private let mounted: MountedImage
    private var running: LoopBackend?
    private var overcommit: Double
    private var reserve: Reserve

    init(
        _ kind: PoolKind,
        in folder: TemporaryFolder,
        size: ByteCount,
        overcommit: Double,
        reserve: Reserve
    ) throws {
        self.folder = folder
        self.kind = kind
        self.overcommit = overcommit
        self.reserve = reserve
        mounted = try folder.mountFilesystem(kind.filesystem, size: size, named: "pool")
        path = mounted.path
        folder.onCleanup { [mounted] in Self.release(mounted) }
        try restart()
    }

    var backend: LoopBackend {
        get throws {
            guard let running else { throw DriverError(.unavailable, "the test stopped it") }
            return running
        }
    }

    /// Drops the driver as a crash does: nothing is tidied up.
    func crash() { running = nil }

    /// A new driver over the same storage, as after a crash.
    @discardableResult
    func restart() throws -> LoopBackend {
        running = nil
        let backend = try LoopBackend(
            tier: "test",
            directory: path,
            isThick: kind.isThick,
            overcommit: overcommit,
            reserve: reserve,
            defaultFilesystem: .ext4,
            loopDevices: loopDevices,
            logger: quietLogger
        )
        try backend.start()
        running = backend
        return backend
    }

    func unmount() throws { try Mounts.unmountAll(mounted.target) }

    func mountAgain() throws {
        try Mounts.mount(
            device: mounted.image.device.path,
            at: mounted.target,
            filesystem: kind.filesystem,
            flags: [],
            readOnly: false
        )
    }

    func volumePath(_ id: VolumeID, _ file: String = "data") -> String {
        "\(path)/volumes/\(id)/\(file)"
    }

    func snapshotPath(_ id: SnapshotID, _ file: String = "data") -> String {
        "\(path)/snapshots/\(id)/\(file)"
    }

    func folder(_ name: String) throws -> [String] {
        guard let folder = try Folder.existing(at: "\(path)/\(name)") else { return [] }
        return try folder.names().sorted()
    }

    func facts(_ path: String) throws -> FileFacts {
        let parts = path.split(separator: "/")
        let parent = parts.dropLast().map { "/\($0)" }.joined()
        guard let folder = try Folder.existing(at: parent),
            let facts = try folder.facts(of: String(parts[parts.count - 1]))
        else { throw DriverError(.notFound, "no \(path)") }
        return facts
    }

    /// Mounts a volume the way staging does, and unmounts it with the test.
    func mount(_ id: VolumeID, named name: String, formatting: Bool = true) throws -> TargetPath {
        let device = try backend.attach(id)
        if formatting {
            try Filesystems.make(.ext4, on: device.path, options: [], isThick: kind.isThick)
        }
        let target = try folder.target(name)
        try target.createDirectory()
        try Mounts.mount(
            device: device.path,
            at: target,
            filesystem: .ext4,
            flags: [],
            readOnly: false
        )
        return target
    }

    /// Unmounts the pool, whatever a failed test has left in use.
    private static func release(_ mounted: MountedImage) {
        detachAll(beneath: mounted.path)
        // A program that another test starts has this process's open files until its exec: there is
        // nothing to wait for but the next look.
        for _ in 0..<500 {
            if (try? Mounts.unmountAll(mounted.target)) != nil { return }
            usleep(10_000)
        }
    }

    /// Lets go of whatever a failed test has left, or the pool could not be unmounted.
    private static func detachAll(beneath path: String) {
        guard let root = try? Folder.existing(at: path) else { return }
        for shelf in ["volumes", "snapshots"] {
            guard let folder = try? root.folder(shelf) else { continue }
            for name in (try? folder.names()) ?? [] {
                let loops = LoopDevices()
                guard let identity = try? folder.facts(of: "\(name)/data")?.identity,
                    let device = try? loops.find(backing: identity)
                else { continue }
                try? loops.detach(device, backing: identity)
            }
        }
    }
}

/// Runs a test on a pool of its own.
func withPool<Result>(
    _ kind: PoolKind,
    size: ByteCount = .mebibytes(512),
    overcommit: Double = 2,
    reserve: Reserve = .bytes(.zero),
    _ body: (TestPool) throws -> Result
) throws -> Result {
    try withTemporaryFolder { folder in
        let pool = try TestPool(
            kind,
            in: folder,
            size: size,
            overcommit: overcommit,
            reserve: reserve
        )
        return try body(pool)
    }
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func volumeID(_ name: String) -> VolumeID {
    VolumeID(nodeDigest: SHA256.hex(of: "node"), nameDigest: SHA256.hex(of: name))
}

func snapshotID(_ name: String) -> SnapshotID {
    SnapshotID(nodeDigest: SHA256.hex(of: "node"), nameDigest: SHA256.hex(of: name))
}

func volumeRecord(
    _ name: String,
    size: ByteCount = .mebibytes(32),
    source: VolumeSource? = nil,
    contents: VolumeRecord.Contents = .blank
) -> VolumeRecord {
    VolumeRecord(
        id: volumeID(name),
        name: name,
        tier: "test",
        size: size,
        capabilities: [
            RecordedCapability(
                mode: "SINGLE_NODE_WRITER",
                isBlock: false,
                filesystem: "",
                mountFlags: ["noatime"]
            )
        ],
        filesystem: .ext4,
        parameters: ["tier": "test"],
        source: source,
        created: Timestamp(seconds: 1_700_000_000, nanoseconds: 5),
        contents: contents
    )
}

func snapshotRecord(_ name: String, of volume: String, size: ByteCount = .mebibytes(32))
    -> SnapshotRecord
{
    SnapshotRecord(
        id: snapshotID(name),
        name: name,
        tier: "test",
        source: volumeID(volume),
        size: size,
        contents: .copied,
        filesystem: .ext4,
        created: Timestamp(seconds: 1_700_000_001, nanoseconds: 0)
    )
}

extension LoopBackend {
    @discardableResult
    func create(_ record: VolumeRecord) throws(DriverError) -> VolumeRecord {
        try createVolume(record, progress: Progress())
    }

    @discardableResult
    func create(_ record: SnapshotRecord) throws(DriverError) -> SnapshotRecord {
        try createSnapshot(record, progress: Progress())
    }
}

/// The error that the body throws; a failure of the test where it throws none.
func failure(_ body: () throws -> Void) -> DriverError {
    do {
        try body()
        return DriverError(.hostFailure, "nothing was thrown")
    } catch let error as DriverError {
        return error
    } catch {
        return DriverError(.hostFailure, "not a DriverError: \(error)")
    }
}

/// Overwrites a file as a whole.
func replaceFile(_ path: String, with bytes: [UInt8]) throws(DriverError) {
    try Bytes.makeFile(path, size: .zero)
    try Bytes.write(bytes, to: path)
}
