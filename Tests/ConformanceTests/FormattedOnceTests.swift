import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// A volume is formatted once, and never again.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThick), .timeLimit(.minutes(5)))
struct `Formatting` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// An unstaged volume with a file system and contents, and the path of its data.
    private func filled(_ type: FilesystemType, _ mark: String) async throws
        -> (id: String, data: String, VolumeCapability)
    {
        let capability: VolumeCapability = .mount(type.rawValue)
        let id = try await cluster.create(
            cluster.unique("once"),
            mebibytes: Filesystems.minimumSize(of: type).bytes >> 20,
            as: capability
        ).volumeID
        try await cluster.using(id, as: capability) { try write(mark, in: $0) }
        return (id, try cluster.pool(.ext4Thin).data(of: id), capability)
    }

    @Test(arguments: FilesystemType.allCases)
    func `with its first 2 MiB zeroed, stage is an error and changes nothing`(
        _ type: FilesystemType
    )
        async throws
    {
        let (id, data, capability) = try await filled(type, "precious")
        let head = try Bytes.read(data, count: 2 << 20)
        try Bytes.write(Array(repeating: 0, count: 2 << 20), to: data)
        let before = try Files.checksum(data)
        for _ in 1...2 {
            await expectFailure(.internalError, id, "does not format it again") {
                try await cluster.stage(id, as: capability)
            }
            try await cluster.driver.restart()
        }
        #expect(try Files.checksum(data) == before)
        #expect(cluster.devices(of: id).isEmpty)
        #expect(try cluster.mounts(at: cluster.staging(id)).isEmpty)
        // Repaired by hand, it holds what it held.
        try Bytes.write(head, to: data)
        try await cluster.using(id, as: capability) { try expectContents("precious", in: $0) }
    }

    @Test(arguments: FilesystemType.allCases, [SIGTERM, SIGKILL])
    func `a remount after a restart keeps every byte`(_ type: FilesystemType, _ signal: CInt)
        async throws
    {
        let (id, _, capability) = try await filled(type, "kept")
        try await cluster.driver.restart(signal)
        for _ in 1...2 {
            try await cluster.using(id, as: capability) { try expectContents("kept", in: $0) }
        }
    }

    @Test func `a volume that was never formatted yet holds something is left as it is`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("foreign")).volumeID
        let data = try cluster.pool(.ext4Thin).data(of: id)
        try Bytes.write(noise("someone's"), to: data, at: 512)
        let before = try Files.checksum(data)
        await expectFailure(.internalError, id, "never formatted", "nothing was changed") {
            try await cluster.stage(id)
        }
        #expect(try Files.checksum(data) == before)
        #expect(cluster.devices(of: id).isEmpty)
    }

    @Test func `a volume that was handed out as a raw device is never formatted`() async throws {
        let request = CreateVolumeRequest(
            name: cluster.unique("both"),
            capacityRange: .mebibytes(32),
            volumeCapabilities: [.mount(), .block()]
        )
        let id = try await cluster.create(request).volumeID
        try await cluster.using(id, as: .block()) { _ in }
        let data = try cluster.pool(.ext4Thin).data(of: id)
        let before = try Files.checksum(data)
        await expectFailure(.internalError, id, "does not format it again") {
            try await cluster.stage(id)
        }
        #expect(try Files.checksum(data) == before)
    }

    /// A tenant who has the raw device makes what he likes on it.
    @Test func `only the file system of the record is mounted from a device handed out raw`()
        async throws
    {
        let size = Filesystems.minimumSize(of: .xfs)
        let request = CreateVolumeRequest(
            name: cluster.unique("tenant"),
            capacityRange: .init(requiredBytes: size.bytes),
            volumeCapabilities: [.mount("ext4"), .block()]
        )
        let id = try await cluster.create(request).volumeID
        try await cluster.using(id, as: .block()) { target in
            try Tool.run("/usr/sbin/mkfs.xfs", "-q", target)
        }
        let data = try cluster.pool(.ext4Thin).data(of: id)
        let before = try Files.checksum(data)
        await expectFailure(.internalError, id, "ext4", "xfs", "nothing was changed") {
            try await cluster.stage(id, as: .mount("ext4"))
        }
        #expect(try Files.checksum(data) == before)
        #expect(cluster.devices(of: id).isEmpty)
        try await cluster.using(id, as: .block()) { target in
            try Tool.run("/usr/sbin/mkfs.ext4", "-q", "-F", target)
        }
        try await cluster.using(id, as: .mount("ext4")) { try write("ext4", in: $0) }
        try await cluster.delete(id)
    }

    @Test func `a volume whose file is gone is an error, not a new volume`() async throws {
        let (id, data, capability) = try await filled(.ext4, "lost")
        try Tool.run("/usr/bin/mv", data, "\(data).away")
        await #expect(throws: RPCFailure.self) { try await cluster.stage(id, as: capability) }
        #expect(!Paths.exists(data))
        try Tool.run("/usr/bin/mv", "\(data).away", data)
        try await cluster.using(id, as: capability) { try expectContents("lost", in: $0) }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a thick volume is thick after it was formatted and used`(_ type: FilesystemType)
        async throws
    {
        let capability: VolumeCapability = .mount(type.rawValue)
        let size = Filesystems.minimumSize(of: type)
        let id = try await cluster.create(
            cluster.unique("thick"),
            mebibytes: size.bytes >> 20,
            as: capability,
            tier: "xfs-thick"
        ).volumeID
        try await cluster.using(id, as: capability) { try write("thick", in: $0) }
        let data = try cluster.pool(.xfsThick).data(of: id)
        #expect(try Paths.allocated(data) >= size.bytes)
    }
}
