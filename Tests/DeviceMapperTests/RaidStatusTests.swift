import DeviceMapper
import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct RaidStatusTests {
    struct Example: Sendable {
        let text: String
        let type: String
        let legs: [RaidStatus.Leg]
        let action: RaidStatus.Action
        let isDegraded: Bool
        let isInSync: Bool
    }

    @Test(arguments: [
        Example(
            text: "raid1 2 AA 204800/204800 idle 0 0 -",
            type: "raid1",
            legs: [.inSync, .inSync],
            action: .idle,
            isDegraded: false,
            isInSync: true
        ),
        Example(
            text: "raid1 2 aa 1024/204800 resync 0 0 -",
            type: "raid1",
            legs: [.outOfSync, .outOfSync],
            action: .resync,
            isDegraded: false,
            isInSync: false
        ),
        Example(
            text: "raid5_ls 3 AaA 4096/102400 recover 0 0 -",
            type: "raid5_ls",
            legs: [.inSync, .outOfSync, .inSync],
            action: .recover,
            isDegraded: false,
            isInSync: false
        ),
        Example(
            text: "raid6_zr 5 AADAD 102400/102400 idle 0 0 -",
            type: "raid6_zr",
            legs: [.inSync, .inSync, .failed, .inSync, .failed],
            action: .idle,
            isDegraded: true,
            isInSync: false
        ),
        Example(
            text: "raid10 4 AAA- 102400/102400 frozen 128 0",
            type: "raid10",
            legs: [.inSync, .inSync, .inSync, .absent],
            action: .frozen,
            isDegraded: true,
            isInSync: false
        ),
        Example(
            text: "raid1 2 AA 204800/204800 check 3",
            type: "raid1",
            legs: [.inSync, .inSync],
            action: .check,
            isDegraded: false,
            isInSync: true
        ),
    ])
    func `the health of a RAID is read`(example: Example) throws {
        let status = try RaidStatus(parsing: example.text)
        #expect(status.type == example.type)
        #expect(status.legs == example.legs)
        #expect(status.action == example.action)
        #expect(status.isDegraded == example.isDegraded)
        #expect(status.isInSync == example.isInSync)
    }

    @Test func `the progress and the mismatches of a RAID are read`() throws {
        let status = try RaidStatus(parsing: "raid5_ls 3 AAa 4096/102400 recover 7 0 -")
        #expect((status.syncedSectors, status.totalSectors) == (4096, 102_400))
        #expect(status.mismatches == 7)
    }

    @Test(arguments: ["idle", "frozen", "resync", "recover", "check", "repair", "reshape", "undef"])
    func `every action of the kernel is known`(word: String) throws {
        #expect(try RaidStatus(parsing: "raid1 2 AA 1/1 \(word) 0").action.rawValue == word)
    }

    @Test(arguments: [
        "", "raid1", "raid1 2", "raid1 2 AA", "raid1 3 AA 1/1 idle 0", "raid1 2 AX 1/1 idle 0",
        "raid1 2 AA 1 idle 0", "raid1 2 AA 1/1 asleep 0", "raid1 2 AA 1/1 idle",
        "raid1 -2 AA 1/1 idle 0",
    ])
    func `what is no status of a RAID is refused`(text: String) {
        let error = #expect(throws: DriverError.self) { try RaidStatus(parsing: text) }
        #expect(error?.code == .unavailable)
    }
}
