import DriverCore
import Testing

@testable import BackendLVM

@Suite struct DiskTests {
    private static func look(_ disk: SampleDisk) throws -> (DiskLook, DeviceRead) {
        let read: DeviceRead = { [pieces = disk.pieces] _, offset, count in
            SampleDisk(pieces: pieces).read(offset, count)
        }
        return (try DiskLook(at: "/dev/disk", read: read), read)
    }

    @Test func `reads a disk as LVM has written it`() throws {
        let (look, read) = try Self.look(.oneArea())
        #expect(look.label.id == "vpyCwI-4iw0-SOQF-lEuc-ygwp-TNDn-RwloxX")
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
}
