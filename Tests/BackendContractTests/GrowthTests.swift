import Backend
import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct GrowthTests {
    private let marker = Array("kept".utf8)

    @Test(arguments: BackendKind.allLayouts)
    func `a volume grows with its device, and a repeated growth is accepted`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            let device = try storage.backend.attach(id)
            try Bytes.write(marker, to: device.path, at: (32 << 20) - 4)
            for _ in 0..<2 {
                let grown = try storage.backend.expandVolume(id, to: .mebibytes(48))
                #expect(grown.size == .mebibytes(48))
                #expect(grown.createdSize == .mebibytes(32))
                #expect(try storage.backend.volume(id) == grown)
                #expect(try BlockDevice.size(of: device.path) == .mebibytes(48))
            }
            let same = try storage.backend.expandVolume(id, to: .mebibytes(8))
            #expect(same.size == .mebibytes(48))
            #expect(try storage.backend.attachment(of: id) == device)
            #expect(try Bytes.read(device.path, at: (32 << 20) - 4, count: 4) == marker)
            #expect(try Bytes.isZero(device.path, at: 32 << 20))
            try Bytes.write(marker, to: device.path, at: (48 << 20) - 4)
            try storage.backend.detach(id)
            #expect(try storage.restart().volume(id)?.size == .mebibytes(48))
            #expect(try storage.read(id, at: .mebibytes(48) - ByteCount(4), count: 4) == marker)
        }
    }

    @Test(arguments: BackendKind.allLayouts)
    func `a detached volume grows, and its record says nothing else new`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            var expected = try storage.backend.create(volumeRecord("a"))
            try storage.write(marker, to: expected.id)
            expected.size = .mebibytes(40)
            #expect(try storage.backend.expandVolume(expected.id, to: .mebibytes(40)) == expected)
            #expect(try storage.objects() == [expected.id.text])
            #expect(try storage.size(of: expected.id) == .mebibytes(40))
            #expect(try storage.read(expected.id, count: 4) == marker)
            #expect(try storage.isZero(expected.id, from: .kibibytes(4)))
            #expect(try storage.restart().volume(expected.id) == expected)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a mounted file system grows into the new part`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a", size: .mebibytes(64))).id
            let target = try storage.mount(id, named: "mnt")
            try Bytes.write("kept", to: "\(target.path)/file")
            _ = try storage.backend.expandVolume(id, to: .mebibytes(96))
            // Not every machine of tests may grow ext4 while it is mounted.
            if Capabilities.canGrowExt4 {
                let before = try Filesystems.usage(at: target.path).totalBytes
                try Filesystems.grow(mountedAt: target.path, type: .ext4)
                let after = try Filesystems.usage(at: target.path).totalBytes
                #expect(after > before + .mebibytes(16))
            }
            #expect(try Bytes.read("\(target.path)/file", count: 4) == marker)
            try Mounts.unmountAll(target)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a volume with snapshots grows where it can, and they stay as they were`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            try storage.write(marker, to: id)
            let snapshot = try storage.backend.create(snapshotRecord("s", of: "a"))
            if kind.row.snapshotsNeedTheirSource {
                let error = failure { _ = try storage.backend.expandVolume(id, to: .mebibytes(40)) }
                #expect(error.code == .inUse)
                #expect(try storage.backend.volume(id)?.size == .mebibytes(32))
            } else {
                _ = try storage.backend.expandVolume(id, to: .mebibytes(40))
                #expect(try storage.size(of: id) == .mebibytes(40))
            }
            #expect(try storage.backend.snapshots() == [snapshot])
            let restored = try storage.backend.create(
                volumeRecord("restored", source: .snapshot(snapshot.id))
            ).id
            #expect(try storage.size(of: restored) == .mebibytes(32))
            #expect(try storage.read(restored, count: 4) == marker)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `what is not there does not grow`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let error = failure {
                _ = try storage.backend.expandVolume(volumeID("missing"), to: .mebibytes(8))
            }
            #expect(error.code == .notFound)
            let left = try storage.objects()
            #expect(left.isEmpty)
        }
    }
}
