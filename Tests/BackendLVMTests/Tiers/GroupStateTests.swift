import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// States of LVM's own in which a group, or a pool of it, must not be used, or is only asleep.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct GroupStateTests {
    private static let configuration = "/etc/lvm/lvm.conf"

    /// Runs the body with a line more in a section of the guest's lvm.conf.
    private func with(_ line: String, in section: String, _ body: () throws -> Void) throws {
        let before = String(decoding: try Bytes.read(Self.configuration), as: UTF8.self)
        let changed = before.replacing("\(section) {", with: "\(section) {\n\(line)")
        try Bytes.write(changed, to: Self.configuration)
        defer { #expect(throws: Never.self) { try Bytes.write(before, to: Self.configuration) } }
        try body()
    }

    private func message(of tier: TestTier) -> String {
        expectFailure(.unavailable, tier.disks.name) { try tier.backend.start() }
    }

    @Test func `a group with this host's system ID works, and with another one's does not`()
        throws
    {
        try withTemporaryFolder { folder in
            try with("system_id_source = \"uname\"", in: "global") {
                let tier = try folder.makeTier(.thick, diskSize: .mebibytes(256))
                let name = tier.disks.name
                let owner = try tier.disks.rows("vg_systemid", of: "vgs")
                #expect(owner == [["cairn-guest"]])
                let next = tier.again()
                try next.backend.start()
                let id = try next.create("a")
                try next.fill(id)
                #expect(next.problems() == [])

                try tier.disks.lvm("vgchange", "-an", name)
                try tier.disks.lvm("vgchange", "--systemid", "elsewhere", name)
                for backend in [next, tier.again()] {
                    let said = message(of: backend)
                    #expect(said.contains("elsewhere") && said.contains("another host"), "\(said)")
                    #expect(!said.contains("vgcreate"), "\(said)")
                    #expect(!backend.backend.health().isUp)
                }
                expectFailure(.unavailable, "elsewhere") { try next.create("b") }
                try expectNoPool(in: name, on: folder.makeDisk(size: .mebibytes(64)).path)
                try takeOver(name, from: "elsewhere", by: tier.disks)
                try next.backend.start()
                try next.expectFilled(id)
            }
        }
    }

    private func expectNoPool(in foreign: String, on disk: String) {
        expectFailure(.unavailable, "another host") {
            try PoolPlan.create(
                PoolPlan.Wish(
                    group: foreign,
                    pool: "pool",
                    disks: [disk],
                    size: nil,
                    metadataSize: nil
                )
            )
        }
    }

    private func takeOver(
        _ group: String,
        from owner: String,
        by disks: TestSupport.VolumeGroup
    ) throws {
        try disks.lvm(
            "vgchange",
            "--config",
            "local { extra_system_ids=[\"\(owner)\"] }",
            "--systemid",
            "cairn-guest",
            group
        )
    }

    @Test func `a disk that LVM's configuration leaves out is not said to be absent`()
        throws
    {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, disks: 2, diskSize: .mebibytes(128))
            let id = try tier.create("a")
            try tier.fill(id)
            let (first, second) = (tier.disks.disks[0].path, tier.disks.disks[1].path)
            try with("filter = [ \"r|^\(first)$|\", \"r|^\(second)$|\" ]", in: "devices") {
                let said = message(of: tier.again())
                #expect(said.contains("lvm.conf") && !said.contains("vgcreate"), "\(said)")
                #expect(said.contains(first) || said.contains(second), "\(said)")
            }
            try with("filter = [ \"r|^\(second)$|\" ]", in: "devices") {
                let next = tier.again()
                try next.backend.start()
                expectFailure(.unavailable, second, "lvm.conf") { try next.create("b") }
                let told = next.problems()
                #expect(told.contains { $0.contains(second) && !$0.contains("removemissing") })
            }
            let next = tier.again()
            try next.backend.start()
            try next.expectFilled(id)
        }
    }

    @Test func `a disk that is not in the devices file is named, with how to add it`()
        throws
    {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick, diskSize: .mebibytes(128))
            let other = try folder.makeDisk(size: .mebibytes(64))
            let before = String(decoding: try Bytes.read(Self.configuration), as: UTF8.self)
            let on = before.replacing("use_devicesfile = 0", with: "use_devicesfile = 1")
            try Bytes.write(on, to: Self.configuration)
            defer {
                _ = try? Guest.run("rm", ["-rf", "/etc/lvm/devices"])
                #expect(throws: Never.self) { try Bytes.write(before, to: Self.configuration) }
            }
            try Guest.run("mkdir", ["-p", "/etc/lvm/devices"])
            try Guest.run("lvm", ["lvmdevices", "--yes", "--adddev", other.path])
            let said = message(of: tier.again())
            #expect(said.contains("lvmdevices --adddev \(tier.disks.disks[0].path)"), "\(said)")
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `volume_list that leaves out the group is named before anything is made`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            let before = try tier.names()
            try with("volume_list = [ \"other\", \"@tag\" ]", in: "activation") {
                let next = tier.again()
                try next.backend.start()
                expectFailure(.unavailable, "volume_list") { try next.create("b") }
                #expect(try next.backend.capacity().available == .zero)
                #expect(next.problems().contains { $0.hasPrefix("inactive volume_list") })
                try next.expectFilled(id)
                try tier.disks.lvm("lvchange", "-an", "\(tier.disks.name)/\(id)")
                expectFailure(.unavailable, "volume_list") { try next.backend.attach(id) }
            }
            #expect(try tier.names() == before)
            try with("volume_list = [ \"@cairn\", \"\(tier.disks.name)\" ]", in: "activation") {
                let next = tier.again()
                try next.backend.start()
                try next.expectFilled(id)
                try next.create("b")
            }
        }
    }

    @Test func `a pool that was deactivated is told, and a create activates it`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let name = "\(tier.disks.name)/\(TestTier.pool)"
            func stop() throws {
                try tier.disks.lvm("vgchange", "-an", tier.disks.name)
                let told = tier.problems()
                #expect(told.contains { $0.hasPrefix("inactive thin pool \(name)") }, "\(told)")
            }
            try stop()
            #expect(try tier.backend.capacity().available > .zero)
            try tier.backend.checkHealth()
            let id = try tier.create("a")
            #expect(tier.problems() == [])
            try tier.fill(id)
            try stop()
            try tier.snapshot(id, named: "s")
            try stop()
            _ = try tier.backend.expandVolume(id, to: .mebibytes(64))
            try stop()
            try tier.create("b", mebibytes: 64, from: .volume(id))
            try stop()
            try tier.expectFilled(id)
        }
    }

    @Test func `a pool that an administrator stopped for a repair stays stopped`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            let (group, pool) = (tier.disks.name, "\(tier.disks.name)/\(TestTier.pool)")
            let attempts: [() throws -> Void] = [
                { try tier.create("b") }, { _ = try tier.backend.attach(id) },
                { _ = try tier.backend.capacity() }, { try tier.backend.checkHealth() },
                { try tier.again().backend.start() },
            ]
            func expectStopped(_ words: String) {
                for attempt in attempts { expectFailure(.unavailable, pool, words, of: attempt) }
                #expect(tier.problems().contains { $0.hasPrefix("inactive thin pool") })
            }
            try tier.disks.lvm("lvchange", "--setactivationskip", "y", pool)
            try tier.disks.lvm("vgchange", "-an", group)
            expectStopped("setactivationskip")
            try tier.disks.lvm("lvconvert", "--repair", pool)
            expectStopped("setactivationskip")
            try tier.disks.lvm("lvchange", "--setactivationskip", "n", pool)
            try tier.disks.lvm("lvchange", "-ay", "\(pool)_tmeta")
            expectStopped("_tmeta")
            try tier.disks.lvm("lvchange", "-an", "\(pool)_tmeta")
            try tier.expectFilled(id)
            try tier.create("b")
        }
    }

    @Test func `a group whose name leaves no room for a volume's is refused at the start`()
        throws
    {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(disks: 2, diskSize: .mebibytes(128))
            let name = String(repeating: "g", count: 68)
            try group.lvm("vgrename", group.name, name)
            defer { #expect(throws: Never.self) { try group.lvm("vgrename", name, group.name) } }
            func backend(_ options: ThickOptions) -> LVMBackend {
                LVMBackend(
                    tier: "tier",
                    group: BackendLVM.VolumeGroup(named: name, tiers: ["tier"]),
                    provisioning: .thick(options),
                    reserve: .percent(0),
                    logger: quietLogger
                )
            }
            expectFailure(.unavailable, name, "is 1 characters too long") {
                try backend(ThickOptions()).start()
            }
            #expect(!backend(ThickOptions()).health().isUp)
        }
    }
}
