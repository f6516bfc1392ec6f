import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// What is lost, a leg, a snapshot's contents or the end of a volume, is told and spreads no further.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct LostDataTests {
    @Test(arguments: [Layout(raid: .raid1), Layout(raid: .raid5)])
    func `a lost leg is told, costs no data, and comes back`(layout: Layout) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(
                .thick,
                disks: layout.width,
                diskSize: .mebibytes(256),
                layout: layout
            )
            let id = try tier.create("a")
            try tier.fill(id)
            #expect(tier.problems() == [])
            let disk = tier.disks.disks[0]
            try disk.behave(.failing)
            try tier.fill(id, seed: 2)
            let told = tier.problems()
            #expect(told.contains { $0.contains(id.text) && $0.contains("lost a leg") }, "\(told)")
            #expect(told.contains { $0.hasPrefix("missingDisk disk \(disk.path)") }, "\(told)")
            try tier.expectFilled(id, seed: 2)
            #expect(try tier.volumes() == [id])
            #expect(try tier.backend.capacity().available == .zero)
            for attempt in [
                { _ = try tier.create("b") }, { try tier.backend.deleteVolume(id) },
                { _ = try tier.backend.expandVolume(id, to: .mebibytes(64)) },
                { _ = try tier.snapshot(id, named: "s") },
            ] {
                expectFailure(.unavailable, "a disk is missing", of: attempt)
            }
            try tier.expectFilled(id, seed: 2)

            try disk.behave(.healthy)
            let path = "\(tier.disks.name)/\(id)"
            try tier.disks.lvm("lvchange", "--refresh", path)
            #expect(tier.problems() == [])
            try tier.expectFilled(id, seed: 2)
            #expect(try tier.backend.expandVolume(id, to: .mebibytes(64)).size == .mebibytes(64))
            try tier.expectFilled(id, seed: 2)
            try tier.create("b")
        }
    }

    @Test
    func `a snapshot that ran over is told, gives no copy, and can be deleted`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            try tier.fill(id)
            let lost = try tier.snapshot(id, named: "s")
            // A fifth of 32 MiB is reserved for it.
            let noise = Bytes.noise(count: 1 << 20)
            let device = try tier.backend.attach(id).path
            for place in 0..<Int64(16) {
                try Bytes.write(noise, to: device, at: place << 20)
            }
            #expect(tier.problems().contains { $0.hasPrefix("invalidSnapshot") })
            let next = tier.again()
            try next.backend.start()
            #expect(next.backend.repairs.unexplained == [.data: 1])
            let before = try tier.names()
            expectFailure(.hostFailure, lost.text, "invalid", "snapshotReserve") {
                try tier.create("b", from: .snapshot(lost))
            }
            #expect(try tier.names() == before)
            #expect(try Bytes.read(device, count: 1 << 20) == noise)
            let kept = try tier.snapshot(id, named: "t")
            try tier.create("c", from: .snapshot(kept))
            try tier.backend.deleteSnapshot(lost)
            #expect(tier.problems() == [])
            #expect(try Bytes.read(device, count: 1 << 20) == noise)
            try tier.backend.deleteSnapshot(kept)
            try tier.backend.deleteVolume(id)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a volume that was reduced is told, and used for nothing`(kind: TestTier.Kind)
        throws
    {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            let path = "\(tier.disks.name)/\(id)"
            try tier.disks.lvm("lvreduce", "--force", "-L", "24m", path)
            #expect(try tier.backend.volume(id)?.size == .mebibytes(24))
            #expect(tier.problems().contains { $0.hasPrefix("broken \(path)") })
            for attempt in [
                { _ = try tier.backend.attach(id) },
                { _ = try tier.backend.expandVolume(id, to: .mebibytes(32)) },
                { _ = try tier.create("b", from: .volume(id)) },
            ] {
                expectFailure(.hostFailure, "reduced", of: attempt)
            }
            let next = tier.again()
            try next.backend.start()
            #expect(next.backend.repairs.unexplained == [.data: 1])
            try tier.backend.deleteVolume(id)
            #expect(try tier.volumes().isEmpty)
            #expect(tier.problems() == [])
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a volume that was renamed is not absent`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            try tier.disks.lvm("lvrename", tier.disks.name, id.text, "mine")
            for attempt in [
                { _ = try tier.backend.volume(id) }, { try tier.backend.deleteVolume(id) },
                { _ = try tier.create("a") }, { _ = try tier.backend.attach(id) },
            ] {
                expectFailure(.unavailable, "renamed to mine", "lvrename", of: attempt)
            }
            #expect(tier.problems().contains { $0.hasPrefix("record \(tier.disks.name)/mine") })
            #expect(try tier.names().contains("mine"))
            // Others are not held up by it.
            let other = try tier.create("other")
            #expect(try tier.volumes() == [other])
            try tier.disks.lvm("lvrename", tier.disks.name, "mine", id.text)
            #expect(try tier.volumes() == [id, other])
            try tier.expectFilled(id)
            #expect(tier.problems() == [])
        }
    }
}
