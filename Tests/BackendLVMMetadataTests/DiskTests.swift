import DriverCore
import Testing

@testable import BackendLVM

@Suite(.timeLimit(.minutes(5))) struct DiskTests {
    private static let id = "vpyCwI-4iw0-SOQF-lEuc-ygwp-TNDn-RwloxX"

    private static func look(_ disk: SampleDisk) throws -> (DiskLook, DeviceRead) {
        let read: DeviceRead = { _, offset, count in disk.read(offset, count) }
        return (try DiskLook(at: "/dev/disk", read: read), read)
    }

    @Test func `reads a disk as LVM has written it`() throws {
        let (look, read) = try Self.look(.oneArea())
        #expect(look.label.id == Self.id)
        #expect(look.label.areas == [SampleDisk.frontArea])
        #expect(look.damage == nil)
        let header = try #require(look.headers.first)
        #expect(header.textSize == 5692 && header.hasText)
        #expect(try look.text(at: header, read: read) == Sample.mixed.bytes + [0])
    }

    @Test func `reads areas at both ends of a disk`() throws {
        let (look, read) = try Self.look(.twoAreas())
        #expect(look.label.id == "BscJVL-bQzt-diDV-Ji6c-ZESI-1M4x-O2FBYT")
        #expect(look.headers.map(\.area.start) == [4096, 0x3f0_0000])
        for header in look.headers {
            #expect(try look.text(at: header, read: read) == Sample.mixed.bytes + [0])
        }
    }

    @Test func `knows a disk that holds no metadata`() throws {
        let (look, _) = try Self.look(.noArea())
        #expect(look.label.id == "PFXS6p-1EeX-vLF8-mLEy-hVPr-ExRY-24cDrT")
        #expect(look.headers.isEmpty && look.damage == nil)
    }

    @Test(arguments: [1, 512, 5691, 5692])
    func `reads a text that goes on at the front of its area`(inFront: Int64) throws {
        let text = try Sample.mixed.bytes + [0]
        let disk = SampleDisk.made(
            id: Self.id,
            text: text,
            at: SampleDisk.frontArea.size - inFront
        )
        let (look, read) = try Self.look(disk)
        let header = try #require(look.headers.first)
        #expect(header.textRanges.count == (inFront < 5692 ? 2 : 1))
        #expect(try look.text(at: header, read: read) == text)
    }

    @Test func `knows areas that are empty or out of use`() throws {
        let (empty, _) = try Self.look(.made(id: Self.id, text: nil))
        #expect(empty.headers.map(\.hasText) == [false])
        let (ignored, _) = try Self.look(
            .made(id: Self.id, text: Sample.mixed.bytes, isIgnored: true)
        )
        #expect(ignored.headers.map(\.hasText) == [false])
    }

    @Test func `refuses an area whose text could end behind the last offset`() throws {
        let area = DiskLabel.Area(start: .max / 2, size: .max / 2)
        var disk = SampleDisk()
        disk.label(id: Self.id, areas: [area])
        disk.commit([UInt8](repeating: 1, count: 16), at: area.size - 1, in: area)
        let label = disk.read(0, 8192)
        let head = try #require(disk.pieces.last).bytes
        let error = #expect(throws: DriverError.self) {
            try DiskLook(at: "/dev/disk") { _, offset, _ in
                offset == 0 ? label : head
            }.headers.map(\.textRanges)
        }
        #expect(error?.message.contains("cannot be parsed") == true)
    }

    @Test func `refuses a text that is not the one its head names`() throws {
        var disk = try SampleDisk.oneArea()
        disk.write([UInt8(ascii: "?")], at: 4096 + 0x2d800 + 2000)
        let (look, read) = try Self.look(disk)
        let header = try #require(look.headers.first)
        let error = try #require(throws: DriverError.self) {
            try look.text(at: header, read: read)
        }
        #expect(error.code == .unavailable && error.message.contains("/dev/disk"))
    }

    @Test func `finds damage at every byte of a label and of a head`() throws {
        let sound = try SampleDisk.oneArea()
        for offset in 512..<(512 + 512) {
            var disk = sound
            disk.write([sound.read(Int64(offset), 1)[0] ^ 0x41], at: Int64(offset))
            let error = #expect(throws: DriverError.self) { try Self.look(disk) }
            #expect(error?.message.contains("/dev/disk") == true)
        }
        for offset in 4096..<(4096 + 512) {
            var disk = sound
            disk.write([sound.read(Int64(offset), 1)[0] ^ 0x41], at: Int64(offset))
            let (look, _) = try Self.look(disk)
            #expect(look.headers.isEmpty && look.damage != nil)
        }
    }

    @Test func `refuses sound heads that name impossible texts`() throws {
        let area = SampleDisk.frontArea
        let impossible: [(UInt64, UInt64)] = [
            (1, 10), (511, 10), (UInt64(area.size), 10), (.max, 10), (512, .max),
            (512, UInt64(area.size)), (512, UInt64(Int64.max)),
        ]
        for (offset, size) in impossible {
            var head = SampleDisk.made(id: Self.id, text: [1, 2, 3]).read(area.start, 512)
            head.put(offset, at: 40)
            head.put(size, at: 48)
            head.put(MetadataChecksum.of(head[4...]), at: 0)
            #expect(throws: DriverError.self) { try AreaHeader(parsing: head, of: area) }
        }
    }

    @Test func `survives a disk that ends anywhere`() throws {
        let head = try SampleDisk.oneArea().read(0, 8192)
        for length in stride(from: 0, through: 8192, by: 32) {
            let read: DeviceRead = { _, offset, count in
                Array(head.prefix(length).dropFirst(Int(offset)).prefix(count))
            }
            guard let look = try? DiskLook(at: "/dev/disk", read: read) else { continue }
            #expect(length >= 4096 + 512 || look.damage != nil)
        }
    }
}
