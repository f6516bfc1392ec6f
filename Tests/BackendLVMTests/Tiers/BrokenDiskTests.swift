import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// A tier whose disk fails, forgets, waits, and comes back.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct BrokenDiskTests {
    @Test(arguments: TestTier.Kind.allCases)
    func `a disk that answers with errors makes the tier unavailable, until it heals`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            let snapshot = try tier.snapshot(id, named: "s")
            try tier.disks.disks[0].behave(.failing)
            let backend = tier.backend
            let attempts: [() throws -> Void] = [
                { try backend.checkHealth() }, { _ = try backend.volumes() },
                { _ = try backend.volume(id) }, { _ = try backend.snapshot(snapshot) },
                { try backend.deleteVolume(id) }, { try backend.deleteSnapshot(snapshot) },
                { try tier.create("b") }, { try tier.snapshot(id, named: "t") },
                { _ = try backend.expandVolume(id, to: .mebibytes(64)) },
                { _ = try backend.attach(id) }, { try tier.again().backend.start() },
            ]
            for attempt in attempts {
                expectFailure(.unavailable, tier.disks.name, of: attempt)
            }
            try tier.disks.disks[0].behave(.healthy)
            try backend.start()
            try backend.checkHealth()
            #expect(try tier.volumes() == [id])
            #expect(try backend.snapshot(snapshot) != nil)
            try tier.expectFilled(id)
            try tier.create("b")
        }
    }

    @Test
    func `a disk that takes no writes changes nothing, and says so`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            try tier.fill(id)
            let before = try tier.names()
            try tier.disks.disks[0].behave(.failingWrites)
            expectFailure(.unavailable) { try tier.create("b") }
            expectFailure(.unavailable) { try tier.backend.deleteVolume(id) }
            expectFailure(.unavailable) { try tier.snapshot(id, named: "s") }
            expectFailure(.unavailable) {
                try tier.backend.expandVolume(id, to: .mebibytes(64))
            }
            expectFailure(.unavailable) { try tier.backend.setContents(.raw, of: id) }
            #expect(try tier.volumes() == [id])
            try tier.disks.disks[0].behave(.healthy)
            #expect(try tier.names() == before)
            try tier.expectFilled(id)
            #expect(try tier.backend.volume(id)?.contents == .blank)
            let made = try tier.create("b")
            try tier.snapshot(id, named: "s")
            #expect(try tier.volumes() == [id, made])
        }
    }

    @Test
    func `what a disk has forgotten is not said to be there`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            try tier.fill(id)
            try tier.disks.disks[0].behave(.droppingWrites)
            expectFailure(.unavailable) { try tier.create("b") }
            expectFailure(.unavailable) { try tier.snapshot(id, named: "s") }
            expectFailure(.unavailable) {
                try tier.backend.expandVolume(id, to: .mebibytes(64))
            }
            expectFailure(.unavailable) { try tier.backend.setContents(.raw, of: id) }
            try tier.disks.disks[0].behave(.healthy)
            #expect(try tier.volumes() == [id])
            #expect(try tier.backend.volume(id)?.size == .mebibytes(32))
            try forgetDevices(of: tier.disks)
            let next = tier.again()
            try next.backend.start()
            try next.expectFilled(id)
            try next.create("b")
        }
    }

    /// Takes all devices of the group away, as the crash does that goes with lost writes.
    private func forgetDevices(of group: TestSupport.VolumeGroup) throws {
        // It leaves what holds a volume that LVM does not know.
        _ = try? group.lvm("vgchange", "-an", group.name)
        let arguments = ["--noudevsync", "--verifyudev", "remove", "--retry"]
        // What lies on another one goes first, in whichever order they are listed.
        for _ in 0..<3 {
            for device in Paths.names(in: "/dev/mapper") where device.hasPrefix("\(group.name)-") {
                _ = try? Guest.run("dmsetup", arguments + [device])
            }
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a slow disk only takes longer`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            try tier.disks.disks[0].behave(.slow(milliseconds: 20))
            let id = try tier.create("a")
            try tier.fill(id)
            try tier.expectFilled(id)
            try tier.backend.deleteVolume(id)
            #expect(try tier.volumes().isEmpty)
        }
    }

    @Test
    func `a disk that hangs makes the tier unavailable, and loses nothing`() async throws {
        try await withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            try tier.fill(id)
            let backend = tier.backend
            try tier.disks.disks[0].suspend()
            let pool = BlockingPool(threads: 1)
            async let hanging = pool.run { () throws(DriverError) in try backend.volume(id) }
            // It counts as hanging when it has been away for longer than any disk takes.
            try await wait(for: "trouble") { backend.group.trouble != nil }
            expectFailure(.unavailable, "hang") { try backend.checkHealth() }
            #expect(tier.problems().contains { $0.hasPrefix("hanging volume group") })
            expectFailure(.unavailable, "hang") { try tier.create("b") }
            try tier.disks.disks[0].resume()
            let answer = try await hanging
            #expect(answer?.id == id)
            try backend.checkHealth()
            #expect(try tier.volumes() == [id])
            try tier.expectFilled(id)
            try tier.create("b")
        }
    }
}
