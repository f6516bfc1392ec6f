import Backend
import DriverCore
import Host
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
///
/// `prepare` gets the directory before the tier is first opened.
final class TestPool {
    let folder: TemporaryFolder
    let kind: PoolKind
    let loopDevices = LoopDevices()
    private let tier: String
    var path: String { filesystem.path }
    private let filesystem: PoolFilesystem
    private var running: LoopBackend?
    private var overcommit: Double
    private var reserve: Reserve

    init(
        _ kind: PoolKind,
        in folder: TemporaryFolder,
        size: ByteCount,
        overcommit: Double,
        reserve: Reserve,
        tier: String = "test",
        sectors: BlockSize = .bytes512,
        prepare: (String) throws -> Void = { _ in }
    ) throws {
        self.tier = tier
        self.folder = folder
        self.kind = kind
        self.overcommit = overcommit
        self.reserve = reserve
        filesystem = try PoolFilesystem(kind.filesystem, size: size, in: folder, sectors: sectors)
        try prepare(filesystem.path)
        try restart()
    }

    var backend: LoopBackend {
        get throws {
            guard let running else { throw DriverError(.unavailable, "the test stopped it") }
            return running
        }
    }

    /// As for a pool on a disk of its own, which its first start makes.
    private var rules: PoolRules {
        var rules = PoolRules()
        rules.createsPool = true
        rules.requiresMountPoint = true
        rules.stateFolder = folder.path(of: "state")
        return rules
    }

    /// Drops the driver as a crash does: nothing is tidied up.
    func crash() { running = nil }

    /// A new driver over the same storage, as after a crash.
    @discardableResult
    func restart() throws -> LoopBackend {
        running = nil
        let backend = try LoopBackend(
            tier: tier,
            directory: path,
            rules: rules,
            isThick: kind.isThick,
            overcommit: overcommit,
            reserve: reserve,
            loopDevices: loopDevices,
            logger: quietLogger
        )
        try backend.start()
        running = backend
        return backend
    }

    /// Makes the file system count now what was written and given back.
    func settle() throws { try Folder.existing(at: path)?.synchronizeFilesystem() }

    func unmount() throws { try filesystem.unmount() }

    func mountAgain() throws { try filesystem.mountAgain() }

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
        let device = try backend.attach(id).path
        if formatting {
            try Filesystems.make(.ext4, on: device, options: [], isThick: kind.isThick)
        }
        return try folder.mount(device, as: .ext4, named: name)
    }
}

/// Runs a test on a pool of its own.
func withPool<Result>(
    _ kind: PoolKind,
    size: ByteCount = .mebibytes(512),
    overcommit: Double = 2,
    reserve: Reserve = .bytes(.zero),
    tier: String = "test",
    sectors: BlockSize = .bytes512,
    prepare: (String) throws -> Void = { _ in },
    _ body: (TestPool) throws -> Result
) throws -> Result {
    try withTemporaryFolder { folder in
        let pool = try TestPool(
            kind,
            in: folder,
            size: size,
            overcommit: overcommit,
            reserve: reserve,
            tier: tier,
            sectors: sectors,
            prepare: prepare
        )
        return try body(pool)
    }
}

/// Overwrites a file as a whole.
func replaceFile(_ path: String, with bytes: [UInt8]) throws(DriverError) {
    try Bytes.makeFile(path, size: .zero)
    try Bytes.write(bytes, to: path)
}
