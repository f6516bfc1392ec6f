import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// A mounted volume whose file system another program has frozen, as backup tools do.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct FrozenTests {
    /// A kernel that lets freezes nest makes the cut; Linux 6.1 does not.
    @Test(arguments: TestTier.Kind.allCases, [FilesystemType.ext4, .xfs])
    func `a cut is refused with what to do, and made after the thaw`(
        kind: TestTier.Kind,
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind, diskSize: .gibibytes(2))
            let id = try tier.create("a", mebibytes: 320)
            let target = try format(id, of: tier, as: type, in: folder)
            try Bytes.write("before", to: "\(target.path)/file")
            try freeze(target, in: folder)
            let before = try tier.names()
            for _ in 1...2 {
                expectFailure(.inUse, "another program has frozen", "fsfreeze -u") {
                    try tier.snapshot(id, named: "s")
                }
                #expect(try tier.names() == before)
                #expect(try tier.suspended() == [])
                #expect(tier.problems() == [])
            }
            // It is frozen still, or this would fail.
            try thaw(target)
            let snapshot = try tier.snapshot(id, named: "s", mebibytes: 320)
            try Bytes.write("behind", to: "\(target.path)/file")
            try Mounts.unmountAll(target)
            let copy = try tier.create("b", mebibytes: 320, from: .snapshot(snapshot))
            try expectFile("before", onCopy: copy, of: tier, as: type, in: folder)
            #expect(tier.problems() == [])
            try tier.backend.deleteSnapshot(snapshot)
            for id in [id, copy] { try tier.backend.deleteVolume(id) }
            #expect(devices(of: tier) == [])
        }
    }

    /// LVM leaves a layer of the thick volume behind, which nothing uses, and takes it up later.
    @Test(arguments: TestTier.Kind.allCases)
    func `a refused cut keeps no device beyond the volume`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            let target = try format(id, of: tier, as: .ext4, in: folder)
            try freeze(target, in: folder)
            expectFailure(.inUse, "fsfreeze -u") { try tier.snapshot(id, named: "s") }
            try thaw(target)
            try Mounts.unmountAll(target)
            try tier.backend.deleteVolume(id)
            #expect(devices(of: tier) == [])
            #expect(tier.problems() == [])
        }
    }

    /// Makes a file system on a volume and mounts it.
    private func format(
        _ id: VolumeID,
        of tier: TestTier,
        as type: FilesystemType,
        in folder: TemporaryFolder
    ) throws -> TargetPath {
        let device = try tier.backend.attach(id).path
        try Guest.run("mkfs.\(type.rawValue)", [device])
        return try folder.mount(device, as: type, named: "mounted")
    }

    /// Until ``thaw(_:)``, or the end of the test.
    private func freeze(_ target: TargetPath, in folder: TemporaryFolder) throws {
        try Guest.run("fsfreeze", ["--freeze", target.path])
        folder.onCleanup { try? thaw(target) }
    }

    private func thaw(_ target: TargetPath) throws {
        try Guest.run("fsfreeze", ["--unfreeze", target.path])
    }

    private func expectFile(
        _ text: String,
        onCopy copy: VolumeID,
        of tier: TestTier,
        as type: FilesystemType,
        in folder: TemporaryFolder
    ) throws {
        let shown = try folder.mount(
            try tier.backend.attach(copy).path,
            as: type,
            flags: type == .xfs ? ["nouuid"] : [],
            named: "copy"
        )
        #expect(try Bytes.read("\(shown.path)/file") == Array(text.utf8))
        try Mounts.unmountAll(shown)
    }

    /// What the kernel has of the group's volumes; the pool stays.
    private func devices(of tier: TestTier) -> [String] {
        Paths.names(in: "/dev/mapper").filter {
            $0.hasPrefix("\(tier.disks.name)-v1") || $0.hasPrefix("\(tier.disks.name)-s1")
        }
    }
}
