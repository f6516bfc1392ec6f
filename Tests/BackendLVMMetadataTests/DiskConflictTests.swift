import DriverCore
import Testing

@testable import BackendLVM

/// Disks that claim to be of a group beside those that are.
@Suite(.timeLimit(.minutes(5))) struct DiskConflictTests {
    private static let searched = ["/dev/a", "/dev/b", "/dev/c", "/dev/d", "/dev/e", "/dev/x"]

    @Test func `a clone of a disk is found, and both are named`() throws {
        let group = try TestGroup()
        group.put(group.disk(at: "/dev/c"), at: "/dev/x")
        group.setFound(Self.searched)
        let metadata = try group.cache().current()
        let devices = ["/dev/c", "/dev/x"]
        #expect(metadata.conflicts == [.duplicate(id: TestGroup.ids[2], devices: devices)])
        let refusal = metadata.conflicts[0].refusal(of: "vg")
        #expect(refusal.code == .unavailable)
        for device in devices { #expect(refusal.message.contains(device)) }
    }

    @Test func `a clone that is older is a clone, and its text is not the group's`() throws {
        let group = try TestGroup(text: try TestGroup.text(sequence: 90))
        group.put(.made(id: TestGroup.ids[0], text: Array(try TestGroup.text().utf8)), at: "/dev/x")
        group.setFound(Self.searched)
        let metadata = try group.cache().current()
        #expect(metadata.sequenceNumber == 90)
        #expect(
            metadata.conflicts == [
                .duplicate(id: TestGroup.ids[0], devices: ["/dev/a", "/dev/x"])
            ]
        )
    }

    @Test func `a clone of a disk without an area is found, too`() throws {
        let group = try TestGroup()
        group.put(group.disk(at: "/dev/d"), at: "/dev/x")
        group.setFound(Self.searched)
        let conflicts = try group.cache().current().conflicts
        #expect(conflicts.map(\.devices) == [["/dev/d", "/dev/x"]])
    }

    @Test func `what was known stays the group's disk, and a clone that goes is forgotten`() throws
    {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        group.put(group.disk(at: "/dev/c"), at: "/dev/0")
        group.setFound(["/dev/0"] + TestGroup.devices)
        #expect(try cache.current().conflicts == [], "nobody has searched yet")
        let metadata = try cache.searched()
        #expect(metadata.conflicts.map(\.devices) == [["/dev/0", "/dev/c"]])
        #expect(metadata.physicalVolumes[2].device == "/dev/c")
        group.put(nil, at: "/dev/0")
        #expect(try cache.current().conflicts == [])
        #expect(group.searches == 2)
    }

    @Test func `a clone that LVM is told to leave out is no conflict after the next search`() throws
    {
        let group = try TestGroup()
        let cache = group.cache()
        group.put(group.disk(at: "/dev/c"), at: "/dev/x")
        group.setFound(Self.searched)
        #expect(try !cache.current().conflicts.isEmpty)
        group.setFound(TestGroup.devices)
        #expect(try !cache.current().conflicts.isEmpty)
        group.pass(.seconds(6))
        #expect(try cache.current().conflicts == [])
    }

    @Test func `the paths beneath a multipath map are no clones of it`() throws {
        let group = try TestGroup()
        group.put(group.disk(at: "/dev/a"), at: "/dev/x")
        group.put(group.disk(at: "/dev/a"), at: "/dev/y")
        group.setFound(Self.searched + ["/dev/y"])
        group.setBeneath(["/dev/a", "/dev/x"])
        let metadata = try group.cache().current()
        #expect(metadata.conflicts == [])
        #expect(metadata.physicalVolumes[0].device == "/dev/y")
    }

    @Test func `a disk that the group has given up is told, with what each description says`()
        throws
    {
        let group = try TestGroup(text: try TestGroup.text(sequence: 40))
        let gone = "GoneXX-bQzt-diDV-Ji6c-ZESI-1M4x-O2FBYT"
        let old = try TestGroup.text(sequence: 33).replacing(TestGroup.ids[2], with: gone)
        group.put(.made(id: gone, text: Array(old.utf8)), at: "/dev/x")
        group.setFound(Self.searched)
        let metadata = try group.cache().current()
        #expect(
            metadata.conflicts == [
                .removed(
                    id: gone,
                    device: "/dev/x",
                    holds: .init(sequenceNumber: 33, device: "/dev/x"),
                    newest: .init(sequenceNumber: 40, device: "/dev/a")
                )
            ]
        )
        let message = metadata.conflicts[0].refusal(of: "vg").message
        #expect(message.contains("/dev/x") && message.contains("/dev/a") && message.contains("33"))
    }

    @Test(arguments: [(28, true), (29, false), (30, false)])
    func `a disk of the group is outdated by more than cut commits explain`(
        sequence: Int,
        isConflict: Bool
    ) throws {
        let group = try TestGroup()
        group.commit(try TestGroup.text(sequence: sequence), at: 512, to: ["b"])
        let conflicts = try group.cache().current().conflicts
        #expect(conflicts.map(\.devices) == (isConflict ? [["/dev/b"]] : []))
    }

    @Test func `a disk that LVM has noted as missing is no conflict when it comes back`() throws {
        let missing = try Sample.missing.text
        let number = try Sample.missing.metadata.sequenceNumber
        let group = try TestGroup(text: missing)
        group.commit(
            missing.replacing("seqno = \(number)", with: "seqno = \(number - 9)"),
            at: 512,
            to: ["b"]
        )
        let metadata = try group.cache().current()
        #expect(metadata.physicalVolumes[1].isMissing)
        #expect(metadata.conflicts == [])
    }

    @Test func `disks that were changed apart from each other are refused, and both named`() throws
    {
        let group = try TestGroup()
        let apart = try TestGroup.text().replacing("RESIZEABLE", with: "RESIZEABLE\", \"PVMOVE")
        group.commit(apart, at: 512, to: ["e"])
        let error = #expect(throws: DriverError.self) { try group.cache().current() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("/dev/a and /dev/e") == true, "\(error?.message ?? "")")
    }

    @Test func `a disk that LVM is told not to use is told so, not said to be lost`() throws {
        let group = try TestGroup()
        group.put(nil, at: "/dev/c")
        group.setFound(["/dev/a", "/dev/b", "/dev/d", "/dev/e"])
        group.setHidden([TestGroup.ids[2]: "/dev/q is not in LVM's devices file"])
        let disk = try group.cache().current().physicalVolumes[2]
        #expect(disk.isHidden && disk.trouble == "/dev/q is not in LVM's devices file")
    }
}
