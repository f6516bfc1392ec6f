import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// NodeGetVolumeStats against what the kernel says.
@Suite(.cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `NodeGetVolumeStats` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test(arguments: FilesystemType.allCases)
    func `bytes and inodes are the kernel's`(_ type: FilesystemType) async throws {
        let capability: VolumeCapability = .mount(type.rawValue)
        let id = try await cluster.create(
            cluster.unique("stats"),
            mebibytes: Filesystems.minimumSize(of: type).bytes >> 20,
            as: capability
        ).volumeID
        try await cluster.using(id, as: capability) { target in
            try write("stats", in: target)
            for path in [target, cluster.staging(id)] {
                let expected = try Filesystems.usage(at: path)
                let stats = try await cluster.stats(id, at: path)
                #expect(
                    stats == [
                        .init(
                            available: expected.availableBytes.bytes,
                            total: expected.totalBytes.bytes,
                            used: expected.usedBytes.bytes,
                            unit: .bytes
                        ),
                        .init(
                            available: expected.availableInodes,
                            total: expected.totalInodes,
                            used: expected.usedInodes,
                            unit: .inodes
                        ),
                    ]
                )
                #expect(expected.usedBytes.bytes >= 200_000)
            }
        }
    }

    @Test func `a block device has its size`() async throws {
        let id = try await cluster.create(cluster.unique("block"), as: .block()).volumeID
        try await cluster.using(id, as: .block()) { target in
            for path in [target, cluster.staging(id)] {
                let stats = try await cluster.stats(id, at: path)
                #expect(stats == [.init(total: 32 << 20, unit: .bytes)])
            }
        }
    }

    @Test func `a path where the volume is not is NOT_FOUND`() async throws {
        let id = try await cluster.create(cluster.unique("mounted")).volumeID
        let other = try await cluster.create(cluster.unique("other")).volumeID
        await expectFailure(.notFound, id) { try await cluster.stats(id, at: cluster.staging(id)) }
        try await cluster.using(other) { elsewhere in
            try await cluster.using(id) { target in
                for path in [
                    elsewhere, "\(target)/inside", cluster.target(), "relative", "/etc", "/no/such",
                ] {
                    await expectFailure(.notFound, path) { try await cluster.stats(id, at: path) }
                }
            }
        }
    }

    @Test func `a volume that does not exist is NOT_FOUND`() async throws {
        for id in ["x", "v1-6c1d6cedf276ea3f-00000000000000000000000000000000"] {
            await expectFailure(.notFound, id) {
                try await cluster.stats(id, at: cluster.target())
            }
        }
    }
}
