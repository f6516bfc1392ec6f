import Backend
import DriverCore
import Host
import TestSupport

/// The storage of one test and the driver's backend over it.
final class Storage {
    let row: BackendRow
    let folder: TemporaryFolder
    private let fixture: any BackendFixture
    private let foreign: Set<String>
    private var running: (any VolumeBackend)?

    init(_ kind: BackendKind, _ options: StorageOptions, in folder: TemporaryFolder) throws {
        row = kind.row
        self.folder = folder
        fixture = try row.makeFixture(options, folder)
        let backend = try fixture.open()
        try backend.start()
        running = backend
        foreign = Set(try fixture.objects())
    }

    var backend: any VolumeBackend {
        get throws {
            guard let running else { throw DriverError(.unavailable, "no backend is running") }
            return running
        }
    }

    /// A new backend over the same storage, as after a crash: nothing was tidied up.
    ///
    /// Only one can be at work, so a test must not hold on to the one before.
    @discardableResult
    func restart() throws -> any VolumeBackend {
        running = nil
        let backend = try fixture.open()
        try backend.start()
        running = backend
        return backend
    }

    /// The names of everything in the storage that was not there at the beginning, in order.
    func objects() throws -> [String] {
        try fixture.objects().filter { !foreign.contains($0) }.sorted()
    }

    func settle() throws { try fixture.settle() }

    func makeForeign() throws -> [String] { try fixture.makeForeign() }
}

/// The bytes of a volume, each time by a device that is detached afterwards.
extension Storage {
    func withDevice<Result>(_ id: VolumeID, _ body: (String) throws -> Result) throws -> Result {
        let result = try body(backend.attach(id).path)
        try backend.detach(id)
        return result
    }

    func write(_ bytes: [UInt8], to id: VolumeID, at offset: ByteCount = .zero) throws {
        try withDevice(id) { try Bytes.write(bytes, to: $0, at: offset.bytes) }
    }

    func read(_ id: VolumeID, at offset: ByteCount = .zero, count: Int) throws -> [UInt8] {
        try withDevice(id) { try Bytes.read($0, at: offset.bytes, count: count) }
    }

    /// Whether the volume reads as zeros, all of it or from the offset on.
    func isZero(_ id: VolumeID, from offset: ByteCount = .zero) throws -> Bool {
        try withDevice(id) { try Bytes.isZero($0, at: offset.bytes) }
    }

    func size(of id: VolumeID) throws -> ByteCount {
        try withDevice(id) { try BlockDevice.size(of: $0) }
    }

    /// Mounts a volume the way staging does, and unmounts it with the test.
    func mount(_ id: VolumeID, named name: String, formatting: Bool = true) throws -> TargetPath {
        let device = try backend.attach(id).path
        if formatting {
            try Filesystems.make(.ext4, on: device, options: [], isThick: row.isThick)
        }
        return try folder.mount(device, as: .ext4, named: name)
    }
}

/// Runs a test on storage of its own.
func withStorage(
    _ kind: BackendKind,
    _ options: StorageOptions = StorageOptions(),
    _ body: (Storage) throws -> Void
) throws {
    try withTemporaryFolder { folder in
        try body(Storage(kind, options, in: folder))
    }
}
