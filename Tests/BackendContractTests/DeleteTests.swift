import Backend
import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct DeleteTests {
    @Test(arguments: BackendKind.allLayouts)
    func `a deleted volume is gone, and so it is for a repeated delete`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            let kept = try storage.backend.create(volumeRecord("kept"))
            try storage.backend.deleteVolume(id)
            try storage.backend.deleteVolume(id)
            try storage.backend.deleteVolume(volumeID("never made"))
            #expect(try storage.backend.volume(id) == nil)
            #expect(try storage.backend.volumes() == [kept])
            #expect(try storage.objects() == [kept.id.text])
            #expect(try storage.restart().volumes() == [kept])
            #expect(try storage.backend.create(volumeRecord("a")).id == id)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a volume that is attached and not in use goes with its device`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            _ = try storage.backend.attach(id)
            try storage.backend.deleteVolume(id)
            #expect(try storage.backend.attachment(of: id) == nil)
            #expect(try storage.objects().isEmpty)
            // A new one is not mistaken for the old: its device shows its own bytes.
            try storage.backend.create(volumeRecord("a", size: .mebibytes(16)))
            #expect(try storage.size(of: id) == .mebibytes(16))
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a mounted volume is neither deleted nor detached`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let volume = try storage.backend.create(volumeRecord("a"))
            let id = volume.id
            let target = try storage.mount(id, named: "mnt")
            for _ in 0..<2 {
                #expect(failure { try storage.backend.deleteVolume(id) }.code == .inUse)
                #expect(failure { try storage.backend.detach(id) }.code == .inUse)
                #expect(try storage.backend.volumes() == [volume])
                try storage.restart()
            }
            try Bytes.write("works", to: "\(target.path)/file")
            try Mounts.unmountAll(target)
            try storage.backend.deleteVolume(id)
            #expect(try storage.objects().isEmpty)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a volume whose device is open is neither deleted nor detached`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            let device = try storage.backend.attach(id)
            try holdingOpen(device.path) {
                #expect(failure { try storage.backend.deleteVolume(id) }.code == .inUse)
                #expect(failure { try storage.backend.detach(id) }.code == .inUse)
                #expect(try storage.backend.attachment(of: id) == device)
                #expect(try storage.objects() == [id.text])
                try Bytes.write([1], to: device.path)
            }
            try storage.backend.deleteVolume(id)
            #expect(try storage.objects().isEmpty)
        }
    }

    private func holdingOpen(_ path: String, _ body: () throws -> Void) throws {
        let descriptor = try OwnedDescriptor(opening: path, flags: 0)
        try body()
        _ = consume descriptor
    }
}
