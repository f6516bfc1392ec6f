import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// CSI 1.2/11.
@Suite(.cluster(.ext4Thin, .xfsThick), .timeLimit(.minutes(5)))
struct `Expansion` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `a volume grows, and the node is asked to follow each time`() async throws {
        let id = try await cluster.create(cluster.unique("grow")).volumeID
        for _ in 1...3 {
            let answer = try await cluster.expand(id, to: .mebibytes(64))
            #expect(answer.capacityBytes == 64 << 20)
            #expect(answer.nodeExpansionRequired)
        }
        #expect(try await cluster.get(id).capacityBytes == 64 << 20)
    }

    @Test func `what is satisfied already is OK, with the real size`() async throws {
        let id = try await cluster.create(cluster.unique("large"), mebibytes: 64).volumeID
        for range: CapacityRange in [
            .mebibytes(64), .mebibytes(32), .mebibytes(1, limit: 64), .mebibytes(0, limit: 100),
        ] {
            #expect(try await cluster.expand(id, to: range).capacityBytes == 64 << 20, "\(range)")
        }
    }

    @Test func `a limit below the real size is OUT_OF_RANGE, and nothing shrinks`() async throws {
        let id = try await cluster.create(cluster.unique("large"), mebibytes: 64).volumeID
        await expectFailure(.outOfRange, "64Mi", "never shrink") {
            try await cluster.expand(id, to: .mebibytes(32, limit: 48))
        }
        await expectFailure(.outOfRange) {
            try await cluster.expand(
                id,
                to: .init(requiredBytes: (64 << 20) + 1, limitBytes: (64 << 20) + 1)
            )
        }
        await expectFailure(.outOfRange) {
            try await cluster.expand(id, to: .init(requiredBytes: .max))
        }
        await expectFailure(.invalidArgument) { try await cluster.expand(id, to: .mebibytes(-1)) }
        await expectFailure(.invalidArgument) { try await cluster.expand(id, to: .init()) }
        #expect(try await cluster.get(id).capacityBytes == 64 << 20)
    }

    @Test func `a volume that does not exist is NOT_FOUND`() async throws {
        let gone = try await cluster.create(cluster.unique("gone")).volumeID
        try await cluster.delete(gone)
        for id in [gone, "x"] {
            await expectFailure(.notFound) { try await cluster.expand(id, to: .mebibytes(64)) }
            await expectFailure(.notFound) {
                try await cluster.nodeExpand(id, at: cluster.staging(id))
            }
        }
    }

    @Test func `growth beyond the pool is RESOURCE_EXHAUSTED and changes nothing`() async throws {
        let id = try await cluster.create(cluster.unique("thick"), tier: "xfs-thick").volumeID
        await expectFailure(.resourceExhausted, "xfs-thick") {
            try await cluster.expand(id, to: .mebibytes(8 << 10))
        }
        #expect(try await cluster.get(id).capacityBytes == 32 << 20)
        let data = try cluster.pool(.xfsThick).data(of: id)
        #expect(try Paths.size(data) == 32 << 20)
        try await cluster.using(id) { try write("still", in: $0) }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a mounted file system grows, and keeps what it holds`(_ type: FilesystemType)
        async throws
    {
        let capability: VolumeCapability = .mount(type.rawValue)
        let mebibytes = Filesystems.minimumSize(of: type).bytes >> 20
        let id = try await cluster.create(
            cluster.unique("online"),
            mebibytes: mebibytes,
            as: capability
        ).volumeID
        try await cluster.using(id, as: capability) { target in
            try write("before", in: target)
            let before = try Filesystems.usage(at: target).totalBytes.bytes
            let size = mebibytes * 2 << 20
            _ = try await cluster.expand(id, to: .init(requiredBytes: size), as: capability)
            guard type != .ext4 || Capabilities.canGrowExt4 else {
                await expectFailure(.failedPrecondition, "CAP_SYS_RESOURCE", "stage it again") {
                    try await cluster.nodeExpand(id, at: target)
                }
                return
            }
            for _ in 1...2 { #expect(try await cluster.nodeExpand(id, at: target) == size) }
            #expect(try Filesystems.usage(at: target).totalBytes.bytes > before * 3 / 2)
            try expectContents("before", in: target)
            try write("after", in: target)
        }
        try await cluster.using(id, as: capability) { target in
            let total = try Filesystems.usage(at: target).totalBytes.bytes
            #expect(total > mebibytes * 3 / 2 << 20)
        }
    }

    @Test func `NodeExpand takes the staging path, with and without a range`() async throws {
        let xfs: VolumeCapability = .mount("xfs")
        let id = try await cluster.create(cluster.unique("path"), mebibytes: 300, as: xfs).volumeID
        try await cluster.using(id, as: xfs) { target in
            _ = try await cluster.expand(id, to: .mebibytes(400), as: xfs)
            let staging = cluster.staging(id)
            for range: CapacityRange? in [nil, .mebibytes(400), .mebibytes(300)] {
                #expect(try await cluster.nodeExpand(id, at: staging, to: range) == 400 << 20)
            }
            await expectFailure(.outOfRange, "ControllerExpandVolume") {
                try await cluster.nodeExpand(id, at: target, to: .mebibytes(500))
            }
        }
    }

    @Test func `NodeExpand where the volume is not is NOT_FOUND`() async throws {
        let id = try await cluster.create(cluster.unique("absent")).volumeID
        for path in [cluster.target(), cluster.staging(id), "relative/path"] {
            await expectFailure(.notFound, id) { try await cluster.nodeExpand(id, at: path) }
        }
        try await cluster.using(id) { _ in
            let other = cluster.target()
            await expectFailure(.notFound, other) { try await cluster.nodeExpand(id, at: other) }
        }
    }

    @Test func `a block device grows for whoever has it open`() async throws {
        let id = try await cluster.create(cluster.unique("block"), as: .block()).volumeID
        try await cluster.using(id, as: .block()) { target in
            try Bytes.write(noise("block"), to: target)
            let answer = try await cluster.expand(id, to: .mebibytes(64), as: .block())
            #expect(answer.capacityBytes == 64 << 20)
            #expect(!answer.nodeExpansionRequired)
            #expect(try await cluster.nodeExpand(id, at: target) == 64 << 20)
            #expect(try BlockDevice.size(of: target).bytes == 64 << 20)
            #expect(try Bytes.read(target, count: 200_000) == noise("block"))
            try Bytes.write(noise("new"), to: target, at: 60 << 20)
            #expect(try Bytes.read(target, at: 60 << 20, count: 200_000) == noise("new"))
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a volume that grows while it is not staged is grown at the next stage`(
        _ type: FilesystemType
    ) async throws {
        let capability: VolumeCapability = .mount(type.rawValue)
        let mebibytes = Filesystems.minimumSize(of: type).bytes >> 20
        let id = try await cluster.create(
            cluster.unique("offline"),
            mebibytes: mebibytes,
            as: capability
        ).volumeID
        try await cluster.using(id, as: capability) { try write("offline", in: $0) }
        let answer = try await cluster.expand(id, to: .mebibytes(mebibytes * 2), as: capability)
        #expect(answer.nodeExpansionRequired)
        try await cluster.using(id, as: capability) { target in
            #expect(try Filesystems.usage(at: target).totalBytes.bytes > mebibytes * 3 / 2 << 20)
            try expectContents("offline", in: target)
        }
    }

    @Test func `what is mounted read-only is not grown`() async throws {
        let xfs: VolumeCapability = .mount("xfs", .singleNodeReaderOnly)
        let id = try await cluster.create(cluster.unique("ro"), mebibytes: 300, as: xfs).volumeID
        try await cluster.using(id, as: xfs) { target in
            _ = try await cluster.expand(id, to: .mebibytes(400), as: xfs)
            await expectFailure(.failedPrecondition, "read-only") {
                try await cluster.nodeExpand(id, at: target)
            }
        }
    }
}
