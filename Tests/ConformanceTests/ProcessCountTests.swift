import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// Which programs the node path starts, counted by strace.
@Suite(.serialized, .cluster(.ext4Thin, isTraced: true), .timeLimit(.minutes(5)))
struct `Programs that the driver starts` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// The names of what was started while the body ran.
    private func started(_ body: () async throws -> Void) async throws -> [String] {
        let before = try cluster.startedPrograms().count
        try await body()
        return try cluster.startedPrograms().dropFirst(before).map { program in
            program.split(separator: "/").last.map(String.init) ?? program
        }
    }

    private func stages(_ id: String, as capability: VolumeCapability) async throws -> [String] {
        let programs = try await started { try await cluster.stage(id, as: capability) }
        try await cluster.unstage(id)
        return programs
    }

    @Test(arguments: FilesystemType.allCases)
    func `the first stage starts mkfs only, everything after it nothing`(_ type: FilesystemType)
        async throws
    {
        let capability: VolumeCapability = .mount(type.rawValue)
        let mebibytes = Filesystems.minimumSize(of: type).bytes >> 20
        let id = try await cluster.create(
            cluster.unique("forks"),
            mebibytes: mebibytes,
            as: capability
        ).volumeID
        #expect(try await stages(id, as: capability) == ["mkfs.\(type.rawValue)"])
        let target = cluster.target()
        let calls: [(String, () async throws -> Void)] = [
            ("stage", { try await cluster.stage(id, as: capability) }),
            ("publish", { try await cluster.publish(id, at: target, as: capability) }),
            ("stats", { _ = try await cluster.stats(id, at: target) }),
            ("expand", { _ = try await cluster.expand(id, to: .mebibytes(mebibytes + 64)) }),
            ("unpublish", { try await cluster.unpublish(id, from: target) }),
            ("unstage", { try await cluster.unstage(id) }),
        ]
        for (name, call) in calls { #expect(try await started(call) == [], "\(name)") }
    }

    @Test(arguments: [FilesystemType.xfs, .btrfs])
    func `the growth of a mounted file system starts nothing`(_ type: FilesystemType) async throws {
        let capability: VolumeCapability = .mount(type.rawValue)
        let mebibytes = Filesystems.minimumSize(of: type).bytes >> 20
        let id = try await cluster.create(
            cluster.unique("grows"),
            mebibytes: mebibytes,
            as: capability
        ).volumeID
        try await cluster.using(id, as: capability) { target in
            _ = try await cluster.expand(id, to: .mebibytes(mebibytes + 64), as: capability)
            #expect(try await started { _ = try await cluster.nodeExpand(id, at: target) } == [])
        }
    }

    @Test func `a raw block volume starts nothing at all`() async throws {
        let id = try await cluster.create(cluster.unique("raw"), as: .block()).volumeID
        let programs = try await started {
            try await cluster.using(id, as: .block()) { target in
                _ = try await cluster.stats(id, at: target)
            }
        }
        #expect(programs == [])
    }

    @Test(arguments: [
        ["/usr/sbin/tune2fs", "-c", "20", "-C", "50"], ["/usr/sbin/tune2fs", "-E", "force_fsck"],
        ["/usr/sbin/debugfs", "-w", "-R", "ssv state 2"],
    ])
    func `an ext4 that asks for a check gets exactly one`(_ command: [String]) async throws {
        let id = try await cluster.create(cluster.unique("asks")).volumeID
        try await cluster.using(id) { try write("asks", in: $0) }
        let data = try cluster.pool(.ext4Thin).data(of: id)
        #expect(try await stages(id, as: .mount()) == [])
        try Tool.run(command + [data])
        #expect(try await stages(id, as: .mount()) == ["e2fsck"])
        #expect(try await stages(id, as: .mount()) == [])
        try await cluster.using(id) { try expectContents("asks", in: $0) }
    }

    @Test func `creating, cutting, copying, listing and deleting start nothing`() async throws {
        let programs = try await started {
            let id = try await cluster.create(cluster.unique("plain")).volumeID
            let snapshot = try await cluster.snapshot(id, named: cluster.unique("snap")).snapshotID
            let copy = try await cluster.create(cluster.unique("copy"), from: .snapshot(snapshot))
            _ = try await cluster.volumes()
            _ = try await cluster.capacity()
            try await cluster.deleteSnapshot(snapshot)
            for id in [id, copy.volumeID] { try await cluster.delete(id) }
        }
        #expect(programs == [])
    }
}
