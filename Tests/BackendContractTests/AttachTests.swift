import Backend
import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct AttachTests {
    @Test(arguments: BackendKind.allCases)
    func `a volume has one device, however often it is attached`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            let other = try storage.backend.create(volumeRecord("b")).id
            let device = try storage.backend.attach(id)
            #expect(try storage.backend.attach(id) == device)
            #expect(try storage.backend.attachment(of: id) == device)
            #expect(try Paths.deviceNumber(device.path) == device.number)
            #expect(try BlockDevice.size(of: device.path) == .mebibytes(32))
            let second = try storage.backend.attach(other)
            #expect(second.path != device.path && second.number != device.number)
            for id in [id, other] { try storage.backend.detach(id) }
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a detach that is repeated is accepted`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            try storage.backend.detach(id)
            for _ in 0..<2 {
                let device = try storage.backend.attach(id)
                for _ in 0..<2 {
                    try storage.backend.detach(id)
                    let left = try storage.backend.attachment(of: id)
                    #expect(left == (kind.row.keepsDevices ? device : nil))
                }
            }
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `what is not there has no device`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = volumeID("missing")
            #expect(failure { _ = try storage.backend.attach(id) }.code == .notFound)
            #expect(try storage.backend.attachment(of: id) == nil)
            try storage.backend.detach(id)
            #expect(try storage.objects().isEmpty)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `written bytes outlive the device and the driver`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            let ends = [ByteCount.zero, .mebibytes(17), .mebibytes(32) - ByteCount(4096)]
            let bytes = Bytes.noise(count: 4096)
            for offset in ends { try storage.write(bytes, to: id, at: offset) }
            for offset in ends { #expect(try storage.read(id, at: offset, count: 4096) == bytes) }
            try storage.restart()
            for offset in ends { #expect(try storage.read(id, at: offset, count: 4096) == bytes) }
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a device is found again after a restart`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            let device = try storage.backend.attach(id)
            #expect(try storage.restart().attachment(of: id) == device)
            #expect(try storage.restart().attach(id) == device)
            try storage.backend.detach(id)
        }
    }
}
