import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// What is in the group and is not the tier's, or is an object already.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct StrangerTests {
    @Test(arguments: TestTier.Kind.allCases)
    func `a create of a name that exists leaves what is there`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            let snapshot = try tier.snapshot(id, named: "s")
            let before = try tier.disks.rows("lv_name,lv_uuid,lv_size,lv_tags")
            expectFailure(.conflict, id.text) { try tier.create("a") }
            expectFailure(.conflict, id.text) { try tier.create("a", mebibytes: 64) }
            expectFailure(.conflict, id.text) {
                try tier.create("a", from: .snapshot(snapshot))
            }
            expectFailure(.conflict, snapshot.text) { try tier.snapshot(id, named: "s") }
            #expect(try tier.disks.rows("lv_name,lv_uuid,lv_size,lv_tags") == before)
            try tier.expectFilled(id)
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a volume of our name without our tag is neither taken nor absent`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = TestTier.id("a")
            try tier.disks.lvm("lvcreate", "-L", "32m", "-n", id.text, tier.disks.name)
            let noise = Bytes.noise(count: 4096)
            try Bytes.write(noise, to: tier.disks.path(of: id.text))
            try tier.again().backend.start()
            for attempt in [
                { _ = try tier.create("a") }, { try tier.backend.deleteVolume(id) },
                { _ = try tier.backend.volume(id) }, { _ = try tier.backend.attach(id) },
            ] {
                expectFailure(.hostFailure, id.text, "no tag", of: attempt)
            }
            #expect(try tier.volumes().isEmpty)
            #expect(try Bytes.read(tier.disks.path(of: id.text), count: 4096) == noise)
        }
    }

    @Test
    func `a thick volume stays while an administrator's snapshot hangs on it`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            try tier.fill(id)
            let origin = "\(tier.disks.name)/\(id)"
            try tier.disks.lvm("lvcreate", "-s", "-L", "8m", "-n", "mine", origin)
            expectFailure(.inUse, "mine") { try tier.backend.deleteVolume(id) }
            expectFailure(.inUse, "mine") {
                try tier.backend.expandVolume(id, to: .mebibytes(64))
            }
            #expect(try tier.names() == [id.text, "mine"])
            try tier.expectFilled(id)
            try tier.disks.lvm("lvremove", "\(tier.disks.name)/mine")
            try tier.backend.deleteVolume(id)
            #expect(try tier.names().isEmpty)
        }
    }

    @Test
    func `an administrator's snapshot of a thin volume outlives it`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            let origin = "\(tier.disks.name)/\(id)"
            try tier.disks.lvm("lvcreate", "-s", "-kn", "-n", "mine", origin)
            try tier.backend.deleteVolume(id)
            #expect(try tier.names() == ["mine", TestTier.pool])
            let bytes = try Bytes.read(tier.disks.path(of: "mine"), count: 64 << 10)
            #expect(bytes == Bytes.noise(count: 64 << 10))
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `volumes of others are never changed`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let foreign = ["data", "t1-data", TestTier.id("other").text]
            for name in foreign {
                try tier.disks.lvm("lvcreate", "-L", "16m", "-n", name, tier.disks.name)
            }
            // One of a tier that this node does not know.
            var tags = Tags()
            tags.set(Fact.tier, "other")
            tags.set(Fact.state, VolumeRecord.State.creating.rawValue)
            let known = "\(tier.disks.name)/\(foreign[2])"
            try tier.disks.lvm(["lvchange"] + tags.arguments + [known])
            let before = try tier.disks.rows("lv_name,lv_uuid,lv_size,lv_tags,lv_attr")
            let ready = tier.again()
            try ready.backend.start()
            let id = try ready.create("a")
            let snapshot = try ready.snapshot(id, named: "s")
            expectFailure(.unavailable, "other") { try ready.create("other") }
            expectFailure(.unavailable, "other") {
                try ready.backend.deleteVolume(TestTier.id("other"))
            }
            try ready.backend.deleteSnapshot(snapshot)
            try ready.backend.deleteVolume(id)
            let after = try tier.disks.rows("lv_name,lv_uuid,lv_size,lv_tags,lv_attr")
            #expect(
                after.filter { foreign.contains($0[0]) }
                    == before.filter { foreign.contains($0[0]) }
            )
        }
    }

    @Test func `a snapshot that LVM knows before we do keeps its volume`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            try tier.fill(id)
            let path = "\(tier.disks.name)/\(id)"
            try tier.backend.group.change("lvremove") { change throws(DriverError) in
                // Cut after the look that this turn began with.
                try tier.disks.lvm("lvcreate", "-s", "-n", "backup", "-L", "8m", path)
                #expect(throws: DriverError.self) {
                    try change.remove(id.text, inState: .ready)
                }
            }
            #expect(try tier.names() == [id.text, "backup"])
            try tier.expectFilled(id)
            try tier.disks.lvm("lvremove", "\(tier.disks.name)/backup")
            try tier.backend.deleteVolume(id)
        }
    }

    @Test func `what a pod writes to its own raw volume is no disk of a group`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thick)
            let id = try tier.create("a")
            let name = tier.disks.name
            _ = try folder.makeFolder("volumes")
            let place = try folder.makeFolder("volumes/\(TestTier.id("pod"))")
            try Bytes.write([0], to: "\(place)/data", at: (64 << 20) - 1)
            let path = try folder.attach("\(place)/data").device.path
            // LVM lets nobody take the name of a group that has active volumes.
            try tier.disks.lvm("vgchange", "-an", name)
            try Guest.run("lvm", ["pvcreate", "--devices", path, path])
            try Guest.run("lvm", ["vgcreate", "--devices", path, name, path])
            let next = tier.again()
            try next.backend.start()
            #expect(try next.volumes() == [id])
            try next.create("b")
            try next.backend.deleteVolume(id)
            try Guest.run("lvm", ["vgremove", "--devices", path, name])
        }
    }
}
