import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// CSI 1.2/3 to 1.2/6: what restores and clones hold, on every kind of pool.
@Suite(.cluster(.ext4Thin, .xfsThin, .xfsThick, .btrfsThin), .timeLimit(.minutes(5)))
struct `Restores and clones` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test(arguments: PoolKind.allCases, FilesystemType.allCases)
    func `a restore and a clone hold the bytes of their source, beside it`(
        _ kind: PoolKind,
        _ type: FilesystemType
    ) async throws {
        let capability: VolumeCapability = .mount(type.rawValue)
        let mebibytes = Filesystems.minimumSize(of: type).bytes >> 20
        let source = try await cluster.create(
            cluster.unique("source"),
            mebibytes: mebibytes,
            as: capability,
            tier: kind.tier
        ).volumeID
        try await cluster.using(source, as: capability) { mounted in
            try write("first", in: mounted)
            let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap"))
            #expect(snapshot.sizeBytes == mebibytes << 20)
            try write("second", in: mounted)
            try await expectCopy(of: .snapshot(snapshot.snapshotID), holds: "first", kind, type)
            try await expectCopy(of: .volume(source), holds: "second", kind, type)
            try expectContents("second", in: mounted)
        }
    }

    private func expectCopy(
        of origin: VolumeContentSource,
        holds mark: String,
        _ kind: PoolKind,
        _ type: FilesystemType
    ) async throws {
        let capability: VolumeCapability = .mount(type.rawValue)
        let copy = try await cluster.create(
            cluster.unique("copy"),
            mebibytes: Filesystems.minimumSize(of: type).bytes >> 20,
            as: capability,
            tier: kind.tier,
            from: origin
        )
        #expect(copy.contentSource == origin)
        // Mounted while its source is: two XFS or btrfs of one identity could not be.
        try await cluster.using(copy.volumeID, as: capability) {
            try expectContents(mark, in: $0)
            try write("own", in: $0)
        }
        // And again, when it has an identity of its own.
        try await cluster.using(copy.volumeID, as: capability) {
            try expectContents("own", in: $0)
        }
        try await cluster.delete(copy.volumeID)
    }

    @Test(arguments: PoolKind.allCases)
    func `a block restore and clone are equal byte by byte`(_ kind: PoolKind) async throws {
        let source = try await cluster.create(
            cluster.unique("block"),
            mebibytes: 20,
            as: .block(),
            tier: kind.tier
        ).volumeID
        try await cluster.using(source, as: .block()) {
            try Bytes.write(noise("head"), to: $0)
            try Bytes.write(noise("tail"), to: $0, at: (20 << 20) - 200_000)
        }
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap"))
        let cut = try Files.checksum(cluster.pool(kind).data(of: source))
        try await cluster.using(source, as: .block()) { try Bytes.write(noise("later"), to: $0) }
        try await expectBlockCopy(of: .snapshot(snapshot.snapshotID), begins: "head", kind)
        try await expectBlockCopy(of: .volume(source), begins: "later", kind)
        let twin = try await cluster.create(
            cluster.unique("twin"),
            mebibytes: 20,
            as: .block(),
            tier: kind.tier,
            from: .snapshot(snapshot.snapshotID)
        )
        #expect(try Files.checksum(cluster.pool(kind).data(of: twin.volumeID)) == cut)
    }

    /// A copy that is larger than its source of 20 MiB: what lies behind that reads as zeros.
    private func expectBlockCopy(
        of origin: VolumeContentSource,
        begins head: String,
        _ kind: PoolKind
    ) async throws {
        let copy = try await cluster.create(
            cluster.unique("copy"),
            mebibytes: 24,
            as: .block(),
            tier: kind.tier,
            from: origin
        )
        #expect(copy.capacityBytes == 24 << 20)
        try await cluster.using(copy.volumeID, as: .block()) { target in
            #expect(try Bytes.read(target, count: 200_000) == noise(head))
            let tail = try Bytes.read(target, at: (20 << 20) - 200_000, count: 200_000)
            #expect(tail == noise("tail"))
            let behind = try Bytes.read(target, at: 20 << 20, count: 4 << 20)
            #expect(behind == Array(repeating: 0, count: 4 << 20))
        }
        try await cluster.delete(copy.volumeID)
    }

    @Test(arguments: FilesystemType.allCases)
    func `a larger restore has its file system grown when it is published`(_ type: FilesystemType)
        async throws
    {
        let capability: VolumeCapability = .mount(type.rawValue)
        let mebibytes = Filesystems.minimumSize(of: type).bytes >> 20
        let source = try await cluster.create(
            cluster.unique("small"),
            mebibytes: mebibytes,
            as: capability
        ).volumeID
        let before = try await cluster.using(source, as: capability) {
            try write("grown", in: $0)
            return try Filesystems.usage(at: $0).totalBytes
        }
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap")).snapshotID
        for origin: VolumeContentSource in [.snapshot(snapshot), .volume(source)] {
            let copy = try await cluster.create(
                cluster.unique("large"),
                mebibytes: mebibytes * 3,
                as: capability,
                from: origin
            )
            #expect(copy.capacityBytes == mebibytes * 3 << 20)
            try await cluster.using(copy.volumeID, as: capability) {
                let total = try Filesystems.usage(at: $0).totalBytes
                #expect(total.bytes > before.bytes * 2)
                try expectContents("grown", in: $0)
            }
        }
    }

    @Test func `a copy without a size gets its source's`() async throws {
        let source = try await cluster.create(cluster.unique("sized"), mebibytes: 48)
        let copy = try await cluster.create(
            CreateVolumeRequest(
                name: cluster.unique("copy"),
                volumeCapabilities: [.mount()],
                volumeContentSource: .volume(source.volumeID)
            )
        )
        #expect(copy.capacityBytes == 48 << 20)
    }

    @Test func `a copy smaller than its source is OUT_OF_RANGE`() async throws {
        let source = try await cluster.create(cluster.unique("big"), mebibytes: 64).volumeID
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap")).snapshotID
        for origin: VolumeContentSource in [.volume(source), .snapshot(snapshot)] {
            await expectFailure(.outOfRange, "64Mi") {
                try await cluster.create(cluster.unique("less"), mebibytes: 32, from: origin)
            }
            await expectFailure(.outOfRange) {
                try await cluster.create(
                    CreateVolumeRequest(
                        name: cluster.unique("less"),
                        capacityRange: .mebibytes(0, limit: 63),
                        volumeCapabilities: [.mount()],
                        volumeContentSource: origin
                    )
                )
            }
        }
    }

    @Test func `a source that does not exist is NOT_FOUND`() async throws {
        let gone = try await cluster.create(cluster.unique("gone")).volumeID
        let snapshot = try await cluster.snapshot(gone, named: cluster.unique("snap")).snapshotID
        try await cluster.delete(gone)
        try await cluster.deleteSnapshot(snapshot)
        for origin: VolumeContentSource in [
            .volume(gone), .snapshot(snapshot), .volume("no-such"), .snapshot("no-such"),
            .volume(snapshot), .snapshot(gone),
        ] {
            await expectFailure(.notFound, "does not exist") {
                try await cluster.create(cluster.unique("copy"), from: origin)
            }
        }
    }

    @Test func `a copy cannot have another file system than its source`() async throws {
        let source = try await cluster.create(cluster.unique("ext4"), mebibytes: 300).volumeID
        await expectFailure(.invalidArgument, "ext4", "xfs") {
            try await cluster.create(
                cluster.unique("copy"),
                mebibytes: 300,
                as: .mount("xfs"),
                from: .volume(source)
            )
        }
    }

    @Test func `a copy into another tier is refused, and the message says what to do`()
        async throws
    {
        let source = try await cluster.create(cluster.unique("here")).volumeID
        await expectFailure(.invalidArgument, "'ext4-thin'", "'xfs-thin'", "StorageClass") {
            try await cluster.create(
                cluster.unique("there"),
                tier: "xfs-thin",
                from: .volume(source)
            )
        }
    }

    @Test(arguments: PoolKind.allCases)
    func `copies and snapshots live on when their source is deleted`(_ kind: PoolKind) async throws
    {
        let source = try await cluster.create(cluster.unique("parent"), tier: kind.tier).volumeID
        try await cluster.using(source) { try write("kept", in: $0) }
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap")).snapshotID
        let clone = try await cluster.create(
            cluster.unique("clone"),
            tier: kind.tier,
            from: .volume(source)
        ).volumeID
        try await cluster.delete(source)
        #expect(try await cluster.snapshots(.init(snapshotID: snapshot)) == [snapshot])
        #expect(try await cluster.snapshots(.init(sourceVolumeID: source)) == [snapshot])
        let restore = try await cluster.create(
            cluster.unique("restore"),
            tier: kind.tier,
            from: .snapshot(snapshot)
        ).volumeID
        try await cluster.deleteSnapshot(snapshot)
        for copy in [clone, restore] {
            try await cluster.using(copy) { try expectContents("kept", in: $0) }
        }
    }
}
