import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// What happens when somebody else changes what a tier stands on.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct ChangedTierTests {
    @Test func `a thin tier that was thick serves its volumes, and changes none`() throws {
        try withTemporaryFolder { folder in
            let thick = try folder.makeTier(.thick)
            let id = try thick.create("a")
            try thick.fill(id)
            try thick.disks.makeThinPool(TestTier.pool, size: .mebibytes(512))
            let tier = TestTier(over: thick.disks, .thin(ThinOptions(pool: TestTier.pool)))
            try tier.backend.start()
            try tier.expectFilled(id)
            let words = "is not in thin pool \(tier.disks.name)/\(TestTier.pool)"
            expectFailure(.unavailable, words) {
                try tier.backend.expandVolume(id, to: .mebibytes(64))
            }
            expectFailure(.unavailable, words) { try tier.snapshot(id, named: "s") }
            expectFailure(.unavailable, words) { try tier.create("b", from: .volume(id)) }
            #expect(try tier.volumes() == [id])
            #expect(try tier.backend.volume(id)?.size == .mebibytes(32))
            try tier.create("c")
            try tier.backend.deleteVolume(id)
        }
    }

    @Test func `no question activates a pool, and no change one that is being repaired`()
        throws
    {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            let path = "\(tier.disks.name)/\(TestTier.pool)"
            try tier.disks.lvm("lvchange", "-an", "\(tier.disks.name)/\(id)", path)
            _ = try tier.backend.capacity()
            _ = tier.backend.health()
            #expect(try tier.disks.rows("lv_name,lv_active").contains([TestTier.pool, ""]))
            try tier.disks.lvm("lvchange", "--setactivationskip", "y", path)
            expectFailure(.unavailable, "not active", path) { try tier.create("b") }
            expectFailure(.unavailable, "not active", path) { try tier.snapshot(id, named: "s") }
            expectFailure(.unavailable, "not active", path) {
                try tier.backend.expandVolume(id, to: .mebibytes(64))
            }
            #expect(try tier.disks.rows("lv_name,lv_active").contains([TestTier.pool, ""]))
            try tier.disks.lvm("lvchange", "--setactivationskip", "n", path)
            try tier.create("b")
            #expect(try tier.disks.rows("lv_name,lv_active").contains([TestTier.pool, "active"]))
        }
    }
}
