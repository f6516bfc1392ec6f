import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// CSI 1.2/12 and 1.2/13.
@Suite(.cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `Publishing` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    static let modes: [VolumeMode] = [
        .singleNodeWriter, .singleNodeSingleWriter, .singleNodeMultiWriter, .singleNodeReaderOnly,
    ]

    /// The matrix of CSI 1.2/12 for one mode.
    private func checkMatrix(_ first: VolumeCapability, other: VolumeCapability, _ mode: VolumeMode)
        async throws
    {
        let id = try await cluster.create(cluster.unique("matrix"), as: first).volumeID
        let (one, two) = (cluster.target(), cluster.target())
        try await cluster.stage(id, as: first)
        try await cluster.publish(id, at: one, as: first)
        try await cluster.publish(id, at: one, as: first)
        await expectFailure(.alreadyExists, id, one, "other arguments") {
            try await cluster.publish(id, at: one, as: other, readOnly: true)
        }
        if mode == .singleNodeMultiWriter {
            try await cluster.publish(id, at: two, as: first)
            #expect(try cluster.mounts(at: two).count == 1)
            try await cluster.unpublish(id, from: two)
        } else {
            await expectFailure(.failedPrecondition, id, one, mode.name) {
                try await cluster.publish(id, at: two, as: first)
            }
            await expectFailure(.failedPrecondition, one) {
                try await cluster.publish(id, at: two, as: other, readOnly: true)
            }
            #expect(!Paths.exists(two))
        }
        #expect(try cluster.mounts(at: one).count == 1)
        try await cluster.unpublish(id, from: one)
        // With the first one gone, the second is the only one.
        try await cluster.publish(id, at: two, as: first)
        try await cluster.unpublish(id, from: two)
        try await cluster.unstage(id)
    }

    @Test(arguments: modes)
    func `a second publish of a mounted volume follows the table of its mode`(_ mode: VolumeMode)
        async throws
    {
        try await checkMatrix(
            .mount("", mode),
            other: .mount("", flags: ["noatime"], mode),
            mode
        )
    }

    @Test(arguments: modes)
    func `a second publish of a block volume follows the table of its mode`(_ mode: VolumeMode)
        async throws
    {
        let other: VolumeMode =
            mode == .singleNodeWriter ? .singleNodeSingleWriter : .singleNodeWriter
        try await checkMatrix(.block(mode), other: .block(other), mode)
    }

    @Test func `two pods of one node share a multi-writer volume, one of them read-only`()
        async throws
    {
        let mode: VolumeCapability = .mount(.singleNodeMultiWriter)
        let id = try await cluster.create(cluster.unique("shared"), as: mode).volumeID
        let (writer, reader) = (cluster.target(), cluster.target())
        try await cluster.stage(id, as: mode)
        try await cluster.publish(id, at: writer, as: mode)
        try await cluster.publish(id, at: reader, as: mode, readOnly: true)
        try write("shared", in: writer)
        try expectContents("shared", in: reader)
        #expect(Paths.writeError("\(reader)/contents") == EROFS)
        #expect(Paths.writeError("\(reader)/new") == EROFS)
        #expect(Paths.writeError("\(writer)/new") == nil)
        for target in [writer, reader] { try await cluster.unpublish(id, from: target) }
        try await cluster.unstage(id)
    }

    @Test func `a block device's targets are all read-only or all writable`() async throws {
        let mode: VolumeCapability = .block(.singleNodeMultiWriter)
        let id = try await cluster.create(cluster.unique("shared"), as: mode).volumeID
        let (one, two) = (cluster.target(), cluster.target())
        try await cluster.stage(id, as: mode)
        try await cluster.publish(id, at: one, as: mode)
        await expectFailure(.failedPrecondition, one, "at all targets") {
            try await cluster.publish(id, at: two, as: mode, readOnly: true)
        }
        #expect(Paths.writeError(one) == nil)
        try await cluster.unpublish(id, from: one)
        try await cluster.unstage(id)
    }

    @Test(arguments: [true, false])
    func `read-only refuses writes to a file system`(_ byMode: Bool) async throws {
        let writable: VolumeCapability = .mount()
        let id = try await cluster.create(cluster.unique("ro"), as: writable).volumeID
        try await cluster.using(id) { try write("given", in: $0) }
        let capability = byMode ? VolumeCapability.mount(.singleNodeReaderOnly) : writable
        let target = cluster.target()
        try await cluster.stage(id, as: capability)
        try await cluster.publish(id, at: target, as: capability, readOnly: !byMode)
        try expectContents("given", in: target)
        #expect(Paths.writeError("\(target)/contents") == EROFS)
        #expect(Paths.writeError("\(target)/new") == EROFS)
        #expect(try #require(try cluster.mounts(at: target).first).options.contains("ro"))
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
    }

    @Test func `read-only refuses writes to a block device, until it is published writable`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("ro"), as: .block()).volumeID
        let target = cluster.target()
        try await cluster.stage(id, as: .block())
        try await cluster.publish(id, at: target, as: .block(), readOnly: true)
        #expect(Paths.writeError(target) != nil)
        #expect(try Bytes.read(target, count: 4096) == Array(repeating: 0, count: 4096))
        try await cluster.unpublish(id, from: target)
        try await cluster.publish(id, at: target, as: .block())
        #expect(Paths.writeError(target) == nil)
        #expect(try Bytes.read(target, count: 4096) == Array(repeating: 1, count: 4096))
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
    }

    @Test func `a device that was read-only is writable for whoever gets it next`() async throws {
        let id = try await cluster.create(cluster.unique("ro"), as: .block()).volumeID
        let target = cluster.target()
        try await cluster.stage(id, as: .block())
        try await cluster.publish(id, at: target, as: .block(), readOnly: true)
        let device = try #require(cluster.devices(of: id).first)
        #expect(try BlockDevice.isReadOnly(device))
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
        #expect(cluster.devices(of: id).isEmpty)
        #expect(try !BlockDevice.isReadOnly(device))
    }

    @Test func `a publish without a stage is FAILED_PRECONDITION`() async throws {
        for capability: VolumeCapability in [.mount(), .block()] {
            let id = try await cluster.create(cluster.unique("early"), as: capability).volumeID
            let target = cluster.target()
            await expectFailure(.failedPrecondition, "stage") {
                try await cluster.publish(id, at: target, as: capability)
            }
            await expectFailure(.failedPrecondition, "staging_target_path") {
                try await cluster.call(
                    NodePublishVolumeRequest(
                        volumeID: id,
                        targetPath: target,
                        volumeCapability: capability
                    )
                )
            }
            #expect(!Paths.exists(target))
            #expect(cluster.devices(of: id).isEmpty)
        }
    }

    @Test func `publish makes the target, unpublish removes it`() async throws {
        for capability: VolumeCapability in [.mount(), .block()] {
            let id = try await cluster.create(cluster.unique("target"), as: capability).volumeID
            let target = cluster.target()
            try await cluster.stage(id, as: capability)
            try await cluster.publish(id, at: target, as: capability)
            #expect(Paths.exists(target))
            #expect(Paths.isFolder(target) == (capability == .mount()))
            try await cluster.unpublish(id, from: target)
            #expect(!Paths.exists(target))
            try await cluster.unstage(id)
        }
    }

    @Test func `unpublish takes away every layer, and never what it did not mount`() async throws {
        let id = try await cluster.create(cluster.unique("layers")).volumeID
        let target = cluster.target()
        try await cluster.stage(id)
        try await cluster.publish(id, at: target)
        try write("kept", in: target)
        try Tool.run("/usr/bin/mount", "--bind", cluster.staging(id), target)
        #expect(try cluster.mounts(at: target).count == 2)
        try await cluster.unpublish(id, from: target)
        #expect(try cluster.mounts(at: target).isEmpty)
        #expect(!Paths.exists(target))
        try expectContents("kept", in: cluster.staging(id))
        try await cluster.unstage(id)
        // A folder with files is a user's: an error, and the files stay.
        try Paths.makeFolder(target)
        try Bytes.write("mine", to: "\(target)/file")
        await expectFailure(.failedPrecondition, target, "nothing was removed") {
            try await cluster.unpublish(id, from: target)
        }
        #expect(try Files.text("\(target)/file") == "mine")
    }

    @Test func `bytes written through a block target are the volume's`() async throws {
        let id = try await cluster.create(cluster.unique("raw"), as: .block()).volumeID
        try await cluster.using(id, as: .block()) { target in
            #expect(try BlockDevice.size(of: target).bytes == 32 << 20)
            try Bytes.write(noise("raw"), to: target, at: 1 << 20)
        }
        let data = try cluster.pool(.ext4Thin).data(of: id)
        #expect(try Bytes.read(data, at: 1 << 20, count: 200_000) == noise("raw"))
        try await cluster.using(id, as: .block()) { target in
            let held = try Bytes.read(target, at: 1 << 20, count: 200_000)
            #expect(held == noise("raw"))
        }
    }
}
