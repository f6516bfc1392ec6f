import DriverCore
import Testing

@testable import BackendLVM

@Suite(.timeLimit(.minutes(5))) struct MetadataCacheTests {
    @Test func `parses once, and looks at each disk once a call`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        let first = try cache.current()
        #expect(first.sequenceNumber == 31)
        #expect(first.physicalVolumes.map(\.device) == TestGroup.devices)
        #expect(first.metadataSpace?.free == ByteCount(515_584))
        let reads = group.reads
        #expect(try cache.current() == first)
        #expect(group.reads - reads == TestGroup.devices.count)
        #expect(cache.parses == 1 && group.searches == 1)
    }

    @Test func `sees the change of another writer at once`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        for sequence in 32...40 {
            let text = try TestGroup.text(sequence: sequence)
            group.commit(text, at: Int64(sequence) * 6144)
            #expect(try cache.current().sequenceNumber == sequence)
        }
        #expect(cache.parses == 10 && group.searches == 1)
    }

    @Test(arguments: ["a", "e"])
    func `takes the highest sequence number, wherever it is`(newest: String) throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        group.commit(try TestGroup.text(sequence: 99), at: 8192, to: [newest])
        #expect(try cache.current().sequenceNumber == 99)
    }

    @Test func `goes on without a disk that cannot be read, and marks it`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        group.setBroken("/dev/c")
        let degraded = try cache.current()
        #expect(degraded.sequenceNumber == 31)
        #expect(degraded.physicalVolumes[2].trouble == "cannot read /dev/c: EIO")
        #expect(!degraded.freeExtents().map(\.pv).contains("pv2"))
        #expect(group.searches == 2)
        for _ in 0..<10 { _ = try cache.current() }
        #expect(group.searches == 2, "a disk that stays away is not searched for at each call")
        group.setBroken("/dev/c", false)
        #expect(try cache.current().isWhole)
        #expect(cache.parses == 1 && group.searches == 2)
    }

    @Test func `finds a disk that has come back elsewhere`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        let disk = group.disk(at: "/dev/c")
        group.put(nil, at: "/dev/c")
        #expect(try cache.current().physicalVolumes[2].trouble != nil)
        group.put(disk, at: "/dev/x")
        group.setFound(["/dev/a", "/dev/b", "/dev/d", "/dev/e", "/dev/x"])
        group.pass(.seconds(61))
        let metadata = try cache.current()
        #expect(metadata.physicalVolumes[2].device == "/dev/x")
        #expect(metadata.isWhole)
    }

    @Test func `finds disks that have changed places without a search`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        let (first, second) = (group.disk(at: "/dev/a"), group.disk(at: "/dev/d"))
        group.put(first, at: "/dev/d")
        group.put(second, at: "/dev/a")
        let metadata = try cache.current()
        #expect(metadata.physicalVolumes[0].device == "/dev/d")
        #expect(metadata.physicalVolumes[3].device == "/dev/a")
        #expect(group.searches == 1)
    }

    @Test func `marks a disk whose text is damaged while another has it`() throws {
        let group = try TestGroup()
        var disk = try #require(group.disk(at: "/dev/a"))
        disk.write([0], at: 4096 + 512 + 100)
        group.put(disk, at: "/dev/a")
        let metadata = try group.cache().current()
        #expect(metadata.sequenceNumber == 31)
        #expect(metadata.physicalVolumes[0].warning?.contains("checksum") == true)
        #expect(metadata.physicalVolumes[0].isUsable)
    }

    @Test func `marks a disk whose area has a damaged head`() throws {
        let group = try TestGroup()
        var disk = try #require(group.disk(at: "/dev/b"))
        disk.write([1, 2, 3], at: 4096 + 40)
        group.put(disk, at: "/dev/b")
        let metadata = try group.cache().current()
        #expect(metadata.physicalVolumes[1].warning?.contains("byte 4096") == true)
    }

    @Test func `says unavailable where no disk answers, and recovers`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        for device in TestGroup.devices { group.setBroken(device) }
        let error = #expect(throws: DriverError.self) { try cache.current() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("volume group vg") == true)
        #expect(error?.message.contains("/dev/e: EIO") == true)
        for device in TestGroup.devices { group.setBroken(device, false) }
        #expect(try cache.current().sequenceNumber == 31)
    }

    @Test func `keeps what the disks say where the search fails`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        group.setFound(nil)
        group.setBroken("/dev/b")
        #expect(try cache.current().physicalVolumes[1].trouble != nil)
        for device in TestGroup.devices { group.setBroken(device) }
        let error = #expect(throws: DriverError.self) { try cache.current() }
        #expect(error?.code == .unavailable)
    }

    @Test func `says unavailable where the group is not there, and finds it when it comes`() throws
    {
        let group = try TestGroup()
        group.setFound([])
        let cache = group.cache()
        #expect(throws: DriverError.self) { try cache.current() }
        group.setFound(["[unknown]"] + TestGroup.devices)
        #expect(throws: DriverError.self) { try cache.current() }
        #expect(group.searches == 1)
        group.pass(.seconds(6))
        #expect(try cache.current().sequenceNumber == 31)
    }

    @Test func `says so where the group was renamed`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        group.commit(try TestGroup.text(sequence: 32, name: "other"), at: 8192)
        let error = #expect(throws: DriverError.self) { try cache.current() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("renamed to other") == true)
    }

    @Test func `does not take another group of the same name for the one it knew`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        let text = try TestGroup.text().replacing("dGqL1e", with: "XXXXXX")
        group.commit(text, at: 8192)
        let error = #expect(throws: DriverError.self) { try cache.current() }
        #expect(error?.code == .unavailable)
        let both = try TestGroup()
        both.commit(text, at: 8192, to: ["a"])
        let two = #expect(throws: DriverError.self) { try both.cache().current() }
        #expect(two?.message.contains("two volume groups") == true)
    }

    @Test func `forgets a disk that has left the group, and finds one that has joined`() throws {
        let group = try TestGroup()
        let cache = group.cache()
        _ = try cache.current()
        let text = try TestGroup.text(sequence: 32)
            .replacing(TestGroup.ids[2], with: "NEWdis-bQzt-diDV-Ji6c-ZESI-1M4x-O2FBYT")
        group.commit(text, at: 8192, to: ["a", "b", "e"])
        var empty = SampleDisk()
        empty.label(id: TestGroup.ids[2], areas: [])
        group.put(empty, at: "/dev/c")
        let joined = "NEWdis-bQzt-diDV-Ji6c-ZESI-1M4x-O2FBYT"
        group.put(.made(id: joined, text: Array(text.utf8)), at: "/dev/new")
        group.setFound(["/dev/a", "/dev/b", "/dev/d", "/dev/e", "/dev/new"])
        let metadata = try cache.current()
        #expect(metadata.physicalVolumes[2].device == "/dev/new")
        #expect(group.searches == 2)
    }

    @Test func `refuses a text that cannot be understood`() throws {
        let group = try TestGroup(text: "vg {\nid = }\n")
        let error = #expect(throws: DriverError.self) { try group.cache().current() }
        #expect(error?.code == .hostFailure)
        #expect(error?.message.contains("line 2") == true)
        #expect(error?.message.contains("/dev/a") == true)
    }

    @Test func `answers many callers at once while others commit`() async throws {
        let group = try TestGroup()
        let cache = group.cache()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 {
                tasks.addTask {
                    var last = 0
                    for _ in 0..<50 {
                        let sequence = (try? cache.current().sequenceNumber) ?? -1
                        #expect(sequence >= last)
                        last = sequence
                    }
                }
            }
            tasks.addTask {
                for sequence in 32..<60 {
                    guard let text = try? TestGroup.text(sequence: sequence) else { return }
                    group.commit(text, at: Int64(sequence) * 6144)
                    #expect((try? cache.current().sequenceNumber) == sequence)
                }
            }
        }
    }
}

extension VolumeGroupMetadata {
    /// Whether every disk is there and sound.
    fileprivate var isWhole: Bool {
        physicalVolumes.allSatisfy { $0.trouble == nil && $0.warning == nil && $0.device != nil }
    }
}
