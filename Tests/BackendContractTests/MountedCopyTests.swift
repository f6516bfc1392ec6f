import Backend
import DriverCore
import Host
import TestSupport
import Testing

/// Copies of volumes while a file system on them is in use.
@Suite(.timeLimit(.minutes(10)))
struct MountedCopyTests {
    private let size = ByteCount.mebibytes(64)

    @Test(arguments: BackendKind.allCases)
    func `a snapshot of a mounted volume under load passes fsck`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            try underLoad(storage) {
                let record = snapshotRecord("snap", of: "a", size: size)
                try storage.backend.create(record)
                return .snapshot(record.id)
            }
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a clone of a mounted volume under load passes fsck`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            try underLoad(storage) {
                let clone = volumeRecord("clone", size: size, source: .volume(volumeID("a")))
                return .volume(try storage.backend.create(clone).id)
            }
        }
    }

    /// Cuts a copy of a volume whose file system is written to, and looks at the copy.
    private func underLoad(_ storage: Storage, cut: () throws -> VolumeSource) throws {
        let id = try storage.backend.create(volumeRecord("a", size: size)).id
        let target = try storage.mount(id, named: "mnt")
        let writer = Writer(in: target.path)
        defer { writer.stop() }
        writer.waitForWrites(20)
        // Written by the file system when the copy is cut, at the latest.
        try Bytes.writeUnsynced(Array("before".utf8), to: "\(target.path)/before")
        let source = try cut()
        // The file system takes writes again.
        writer.waitForWrites(writer.count + 5)
        try Bytes.write("after", to: "\(target.path)/after")
        writer.stop()
        let names = [id.text] + [copyName(of: source)]
        #expect(try storage.objects() == names.sorted())
        try check(source, in: storage)
        try Mounts.unmountAll(target)
        try storage.backend.detach(id)
    }

    private func copyName(of source: VolumeSource) -> String {
        switch source {
        case .snapshot(let id): id.text
        case .volume(let id): id.text
        }
    }

    /// Restores a snapshot, mounts the copy, and lets fsck look at it.
    private func check(_ source: VolumeSource, in storage: Storage) throws {
        let id: VolumeID
        switch source {
        case .volume(let clone): id = clone
        case .snapshot:
            id = try storage.backend.create(volumeRecord("copy", size: size, source: source)).id
        }
        // The journal is replayed by the mount; what fsck sees after it must be clean.
        let target = try storage.mount(id, named: "copy", formatting: false)
        #expect(try Bytes.read("\(target.path)/before", count: 6) == Array("before".utf8))
        #expect(!Paths.exists("\(target.path)/after"))
        try Mounts.unmountAll(target)
        let output = try storage.withDevice(id) { device in
            try HostCommand(program: "/sbin/e2fsck", arguments: ["-fn", device])
                .run(deadline: .seconds(60))
        }
        #expect(output.exitCode == 0, "\(output.standardOutput)")
    }

    @Test(arguments: BackendKind.allCases)
    func `a raw device in use is copied only where that is one step`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let source = try CopySource.make(in: storage)
            let device = try storage.backend.attach(source)
            let opened = try OwnedDescriptor(opening: device.path, flags: 0)
            let record = snapshotRecord("snap", of: CopySource.name)
            if kind.row.copiesOpenDevices {
                try storage.backend.create(record)
                let restored = volumeRecord("restored", source: .snapshot(record.id))
                try storage.backend.create(restored)
                #expect(try CopySource.isHeld(by: restored.id, in: storage))
            } else {
                let error = failure { try storage.backend.create(record) }
                #expect(error.code == .inUse)
                #expect(error.message.contains("unpublish it first"))
                #expect(try storage.objects() == [source.text])
            }
            _ = consume opened
            try storage.backend.detach(source)
        }
    }
}
