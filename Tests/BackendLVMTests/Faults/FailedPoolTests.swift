import Backend
import DriverCore
import DriverHarness
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// Thin pools that run full, fail and are repaired, as an administrator does it.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct FailedPoolTests {
    @Test
    func `a pool full of metadata takes nothing new, and heals when it is extended`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            try fillMetadata(of: tier, until: 9)
            for attempt in [
                { _ = try tier.create("b") }, { _ = try tier.snapshot(id, named: "s") },
            ] {
                expectFailure(.outOfSpace, "cairn pool extend --metadata", of: attempt)
            }
            #expect(try tier.backend.capacity().available == .zero)
            #expect(tier.problems().contains { $0.hasPrefix("full metadata of") })
            try tier.backend.checkHealth()
            try tier.expectFilled(id)
            try PoolPlan.extend(
                group: tier.disks.name,
                pool: TestTier.pool,
                disks: [],
                by: nil,
                metadataBy: .mebibytes(8)
            ).run()
            try tier.create("b")
            try tier.expectFilled(id)
            #expect(tier.problems() == [])
        }
    }

    /// Makes volumes in a pool, each of which takes a block at least, until so much is free.
    private func fillMetadata(of tier: TestTier, until percent: Int) throws {
        let pool = "\(tier.disks.name)-\(TestTier.pool)-tpool"
        // dmsetup would be started for each message, which takes minutes in the guest. The numbers are
        // those of linux/dm-ioctl.h: DM_TARGET_MSG, and the layout of its argument.
        let script = """
            sysopen(F, "/dev/mapper/control", 2) or die $!;
            for ($i = 100000 * \(percent);; $i++) {
                if ($i % 16 == 0) {
                    `dmsetup status --noflush \(pool)` =~ m{thin-pool \\d+ (\\d+)/(\\d+) } or die;
                    exit 0 if ($2 - $1) * 100 < $2 * \(percent);
                }
                $text = "create_thin $i\\0";
                $call = pack("L10 Q a128 a136 Q a*", 4, 0, 0, 320 + length $text, 312, 0, 0, 0, 0,
                    0, 0, "\(pool)", "", 0, $text);
                ioctl(F, 0xC138FD0E, $call) or die $!;
            }
            """
        try Guest.run("perl", ["-e", script])
    }

    @Test
    func `a pool that asks for a check says so, and its repair keeps every byte`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let other = try folder.makeTier(.thick, diskSize: .mebibytes(64))
            let id = try tier.create("a")
            try tier.fill(id)
            let snapshot = try tier.snapshot(id, named: "s")
            try tier.fill(id, seed: 2)
            let device = try tier.backend.attach(id).path
            try tier.disks.disks[0].behave(.failingWrites)
            // A block that the pool has to give first.
            expectFailure(.hostFailure) {
                try Bytes.write(Bytes.noise(count: 4096), to: device, at: 10 << 20)
            }
            // The pool would write its metadata by itself within a second.
            let name = "\(tier.disks.name)-\(TestTier.pool)-tpool"
            _ = try? Guest.run("dmsetup", ["message", name, "0", "create_thin 1000000"])
            try other.create("elsewhere", mebibytes: 8)
            try tier.disks.disks[0].behave(.healthy)
            expectRefused(tier, id)
            #expect(try tier.volumes() == [id])
            try expectRefusals(of: tier, open: device)
            let shown = try repair(tier, answer: "y")
            #expect(shown.contains("lvconvert --repair \(tier.disks.name)/\(TestTier.pool)"))

            try tier.backend.checkHealth()
            try tier.expectFilled(id, seed: 2)
            let copy = try tier.create("b", from: .snapshot(snapshot))
            try tier.expectFilled(copy)
            #expect(tier.problems() == [])
        }
    }

    private func expectRefused(_ tier: TestTier, _ id: VolumeID) {
        let told = expectFailure(.unavailable, "cairn pool repair") {
            try tier.backend.checkHealth()
        }
        #expect(tier.problems().contains { $0.contains(told) })
        let attempts: [() throws -> Void] = [
            { _ = try tier.create("b") }, { _ = try tier.backend.attach(id) },
            { _ = try tier.snapshot(id, named: "t") },
            { _ = try tier.backend.expandVolume(id, to: .mebibytes(64)) },
        ]
        for attempt in attempts {
            expectFailure(.unavailable, "cairn pool repair", of: attempt)
        }
    }

    /// A repair that is not wanted, cannot be asked about, or would take a volume from its user.
    private func expectRefusals(of tier: TestTier, open device: String) throws {
        let before = try tier.disks.rows("lv_name,lv_attr")
        #expect(try repair(tier, answer: "n").contains("nothing was changed"))
        let pool = "\(tier.disks.name)/\(TestTier.pool)"
        let binary = try Driver.binary()
        let unasked = Result { () throws(DriverError) in
            try Guest.run("env", [binary, "pool", "repair", pool])
        }
        guard case .failure(let error) = unasked else {
            Issue.record("a repair that nobody was asked about")
            return
        }
        #expect(error.message.contains("--yes"), "\(error)")
        #expect(try tier.disks.rows("lv_name,lv_attr") == before)
    }

    /// `cairn pool repair` on a terminal.
    private func repair(_ tier: TestTier, answer: String) throws -> String {
        let command = "\(try Driver.binary()) pool repair \(tier.disks.name)/\(TestTier.pool)"
        let script =
            "(echo \(answer); sleep 1) | script --quiet --command '\(command)' /dev/null || true"
        return try Guest.run("bash", ["-c", script]).standardOutput
    }

    @Test
    func `what a disk forgets in a power cut takes nothing older with it`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            let snapshot = try tier.snapshot(id, named: "s")
            try tier.fill(id, seed: 2)
            try tier.disks.disks[0].behave(.droppingWrites)
            expectFailure(.unavailable) { try tier.create("b") }
            tier.forgetDevices()
            try tier.disks.disks[0].behave(.healthy)
            let next = tier.again()
            try next.backend.start()
            #expect(try next.volumes() == [id])
            try next.expectFilled(id, seed: 2)
            try next.expectFilled(try next.create("b", from: .snapshot(snapshot)))
            try next.create("c")
            #expect(next.problems() == [])
        }
    }

    @Test
    func `doctor says that a disk hangs, and waits for no disk`() async throws {
        try await withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let (config, said) = (folder.path(of: "tiers.yaml"), folder.path(of: "said"))
            let place = "lvm: {volumeGroup: \(tier.disks.name)}"
            try Bytes.write("tiers: [{name: lvm, \(place)}]\n", to: config)
            let doctor = "\(try Driver.binary()) doctor --without-driver --config \(config)"
            try tier.disks.disks[0].suspend()
            let child = try ChildProgram(
                "/usr/bin/bash",
                ["-c", "\(doctor) >\(said)"],
                standardError: folder.path(of: "errors")
            )
            func hasSpoken() throws -> Bool {
                let text = String(decoding: (try? Bytes.read(said)) ?? [], as: UTF8.self)
                return text.contains("its storage has not answered")
            }
            try await wait(for: "word of the disk") { try hasSpoken() }
            try tier.disks.disks[0].resume()
            #expect(try await child.waitForEnd() == .exited(1))
        }
    }

    @Test
    func `a pool whose disk waits for a while loses nothing`() async throws {
        try await withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            let (device, disk) = (try tier.backend.attach(id).path, tier.disks.disks[0])
            try disk.suspend()
            let (backend, record) = (tier.backend, tier.record("b"))
            let pool = BlockingPool(threads: 2)
            async let made = pool.run { () throws(DriverError) in
                try backend.createVolume(record, progress: Progress())
            }
            async let written: Void = pool.run { () throws(DriverError) in
                try Bytes.write(Bytes.noise(count: 64 << 10, seed: 2), to: device, at: 8 << 20)
            }
            #expect(try disk.isSuspended())
            try disk.resume()
            try await written
            let copy = try await made.id
            #expect(try tier.volumes() == [id, copy])
            try tier.expectFilled(id)
            let bytes = try Bytes.read(device, at: 8 << 20, count: 64 << 10)
            #expect(bytes == Bytes.noise(count: 64 << 10, seed: 2))
            try tier.fill(copy, seed: 2)
            try tier.expectFilled(copy, seed: 2)
        }
    }
}

extension GuestDisk {
    fileprivate func isSuspended() throws -> Bool {
        try Guest.run("dmsetup", ["info", name]).standardOutput.contains("SUSPENDED")
    }
}
