import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// Stage and unstage, and what they leave behind when they are refused (CSI 1.2/14 and 1.2/15).
@Suite(.cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `Staging` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test(arguments: [VolumeCapability.mount(), .block()])
    func `three times each is as good as once`(_ capability: VolumeCapability) async throws {
        let id = try await cluster.create(cluster.unique("thrice"), as: capability).volumeID
        let target = cluster.target()
        let isBlock = capability == .block()
        for _ in 1...3 { try await cluster.stage(id, as: capability) }
        #expect(cluster.devices(of: id).count == 1)
        #expect(try cluster.mounts(at: cluster.staging(id)).count == (isBlock ? 0 : 1))
        for _ in 1...3 { try await cluster.publish(id, at: target, as: capability) }
        #expect(try cluster.mounts(at: target).count == 1)
        for _ in 1...3 { try await cluster.unpublish(id, from: target) }
        #expect(try cluster.mounts(at: target).isEmpty)
        #expect(!Paths.exists(target))
        for _ in 1...3 { try await cluster.unstage(id) }
        #expect(try cluster.mounts(at: cluster.staging(id)).isEmpty)
        #expect(cluster.devices(of: id).isEmpty)
    }

    @Test func `another capability at the same path is ALREADY_EXISTS`() async throws {
        let id = try await cluster.create(cluster.unique("other")).volumeID
        try await cluster.stage(id)
        for other: VolumeCapability in [
            .mount(flags: ["noatime"]), .mount(.singleNodeMultiWriter),
            .mount(.singleNodeReaderOnly),
        ] {
            await expectFailure(.alreadyExists, id, cluster.staging(id)) {
                try await cluster.stage(id, as: other)
            }
        }
        #expect(try cluster.mounts(at: cluster.staging(id)).count == 1)
        try await cluster.unstage(id)
    }

    @Test func `a second staging path is FAILED_PRECONDITION`() async throws {
        let id = try await cluster.create(cluster.unique("second")).volumeID
        try await cluster.stage(id)
        let other = "\(cluster.folder)/kubelet/staging/\(cluster.unique("second"))"
        await expectFailure(.failedPrecondition, cluster.staging(id)) {
            try await cluster.stage(id, at: other)
        }
        #expect(try cluster.mounts(at: other).isEmpty)
        try await cluster.unstage(id)
    }

    @Test func `a volume is used as it was made: block or mount, and its own file system`()
        async throws
    {
        let mounted = try await cluster.create(cluster.unique("mount")).volumeID
        let block = try await cluster.create(cluster.unique("block"), as: .block()).volumeID
        await expectFailure(.failedPrecondition, "mounted access only") {
            try await cluster.stage(mounted, as: .block())
        }
        await expectFailure(.failedPrecondition, "raw block access only") {
            try await cluster.stage(block, as: .mount())
        }
        await expectFailure(.failedPrecondition, "ext4", "xfs", "never formatted again") {
            try await cluster.stage(mounted, as: .mount("xfs"))
        }
        await expectFailure(.invalidArgument, "a disk of one node") {
            try await cluster.stage(mounted, as: .mount(.multiNodeMultiWriter))
        }
        for id in [mounted, block] { #expect(cluster.devices(of: id).isEmpty) }
    }

    @Test func `a volume that does not exist is NOT_FOUND, and taking it back is OK`() async throws
    {
        let gone = try await cluster.create(cluster.unique("gone")).volumeID
        try await cluster.delete(gone)
        for id in [gone, "no-such-volume"] {
            await expectFailure(.notFound, "does not exist") { try await cluster.stage(id) }
            await expectFailure(.notFound, "does not exist") {
                try await cluster.publish(id, at: cluster.target())
            }
            try await cluster.unstage(id)
            try await cluster.unpublish(id, from: cluster.target())
        }
    }

    @Test func `taking back what was never given is OK`() async throws {
        let id = try await cluster.create(cluster.unique("never")).volumeID
        try await cluster.unstage(id)
        try await cluster.unpublish(id, from: cluster.target())
        try await cluster.unpublish(id, from: "\(cluster.folder)/kubelet/pods/no/such/folder")
    }

    @Test func `a volume that is published is not unstaged`() async throws {
        for capability: VolumeCapability in [.mount(), .block()] {
            let id = try await cluster.create(cluster.unique("busy"), as: capability).volumeID
            let target = cluster.target()
            try await cluster.stage(id, as: capability)
            try await cluster.publish(id, at: target, as: capability)
            await expectFailure(.failedPrecondition, target, "unpublish") {
                try await cluster.unstage(id)
            }
            #expect(try cluster.mounts(at: target).count == 1)
            #expect(cluster.devices(of: id).count == 1)
            try await cluster.unpublish(id, from: target)
            try await cluster.unstage(id)
            #expect(cluster.devices(of: id).isEmpty)
        }
    }

    @Test func `mount flags are in force at the staging path and at the target`() async throws {
        let capability: VolumeCapability = .mount("ext4", flags: ["noatime", "nodev", "commit=30"])
        let id = try await cluster.create(cluster.unique("flags"), as: capability).volumeID
        try await cluster.using(id, as: capability) { target in
            for path in [cluster.staging(id), target] {
                let mount = try #require(try cluster.mounts(at: path).first)
                #expect(mount.options.contains("noatime"))
                #expect(mount.options.contains("nodev"))
                #expect(mount.superOptions.contains("commit=30"))
            }
        }
    }

    @Test func `a refused stage leaves no mount and no device`() async throws {
        let capability: VolumeCapability = .mount(flags: ["no-such-option-of-ext4"])
        let id = try await cluster.create(cluster.unique("refused"), as: capability).volumeID
        await expectFailure(.invalidArgument, "cannot mount", "'no-such-option-of-ext4'") {
            try await cluster.stage(id, as: capability)
        }
        #expect(try cluster.mounts(at: cluster.staging(id)).isEmpty)
        #expect(cluster.devices(of: id).isEmpty)
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    @Test func `another mount at the staging path is not taken for ours`() async throws {
        let id = try await cluster.create(cluster.unique("occupied")).volumeID
        let path = cluster.staging(id)
        try Paths.makeFolder(path)
        try Tool.run("/usr/bin/mount", "-t", "tmpfs", "stranger", path)
        await expectFailure(.failedPrecondition, "stranger", "unmount") {
            try await cluster.stage(id)
        }
        #expect(try cluster.filesystems(at: path) == ["tmpfs"])
        #expect(cluster.devices(of: id).isEmpty)
        try Tool.run("/usr/bin/umount", path)
        try await cluster.using(id) { try write("free", in: $0) }
    }

    @Test func `paths that leave kubelet's folder are refused`() async throws {
        let id = try await cluster.create(cluster.unique("outside")).volumeID
        let kubelet = "\(cluster.folder)/kubelet"
        let outside = "\(cluster.folder)/\(cluster.unique("outside"))"
        try Paths.makeFolder(outside)
        let link = "\(kubelet)/pods/\(cluster.unique("link"))"
        try Paths.makeLink(link, to: outside)
        for path in [
            "\(outside)/target", "\(kubelet)/../target", "\(kubelet)/pods/../../target",
            "/etc/target",
            "relative/target", "\(link)/target", "\(kubelet)-other/target",
        ] {
            await expectFailure(.invalidArgument) { try await cluster.stage(id, at: path) }
            #expect(cluster.devices(of: id).isEmpty, "\(path)")
        }
        try await cluster.stage(id)
        for path in ["\(outside)/target", "\(kubelet)/../target", "\(link)/target", "t"] {
            await expectFailure(.invalidArgument) { try await cluster.publish(id, at: path) }
        }
        #expect(Paths.names(in: outside).isEmpty)
        try await cluster.unstage(id)
    }
}
