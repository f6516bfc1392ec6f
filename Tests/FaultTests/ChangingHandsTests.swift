import CSIMessages
import CSIServices
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import NodeStorage
import TestSupport
import Testing

/// The driver stands still between two steps, and an outside hand detaches the loop device that it
/// works on and gives the number to a file of its own.
@Suite(.serialized, .cluster(.ext4Thin), .timeLimit(.minutes(15)))
struct `A loop device that is detached while the driver uses it` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// Runs a call that stands still at a failpoint while the body runs; its error, if any.
    private func standing(
        at point: Failpoint,
        _ call: @escaping @Sendable () async throws -> Void,
        while body: () throws -> Void
    ) async throws -> RPCFailure? {
        cluster.driver.setVariables([Failpoint.variable: "\(point.name):stop"])
        try await cluster.driver.restart(SIGKILL)
        cluster.driver.setVariables([:])
        let running = Task { () -> RPCFailure? in
            do {
                try await call()
                return nil
            } catch let failure as RPCFailure {
                return failure
            }
        }
        let pid = try #require(cluster.driver.pid)
        try await cluster.waitUntilStopped(pid)
        let outcome = Result { try body() }
        cluster.driver.signal(SIGCONT)
        let failure = try await running.value
        try outcome.get()
        return failure
    }

    /// Kills the driver in the middle of a call.
    private func kill(at point: Failpoint, _ call: () async throws -> Void) async throws {
        cluster.driver.setVariables([Failpoint.variable: "\(point.name):kill"])
        try await cluster.driver.restart(SIGKILL)
        await #expect(throws: RPCFailure.self) { try await call() }
        #expect(try await cluster.driver.stop(SIGTERM) == .signalled(SIGKILL))
        cluster.driver.setVariables([:])
        try await cluster.driver.start()
    }

    /// A file with a file system and contents of somebody else.
    private func foreignFile(_ type: FilesystemType) throws -> String {
        let file = "\(cluster.folder)/\(cluster.unique("foreign"))"
        let size = Filesystems.minimumSize(of: type)
        try Bytes.makeFile(file, size: size)
        try Tool.run("/usr/sbin/mkfs.\(type.rawValue)", type == .btrfs ? "--quiet" : "-q", file)
        try Bytes.write(noise("foreign"), to: file, at: size.bytes - (1 << 20))
        return file
    }

    /// Detaches the volume's device, and attaches the file, at the same number where that is free.
    private func giveAway(the id: String, to file: String) throws {
        let device = try #require(cluster.devices(of: id).first)
        try Tool.run("/usr/sbin/losetup", "-d", device)
        do {
            try Tool.run("/usr/sbin/losetup", device, file)
        } catch {
            try Tool.run("/usr/sbin/losetup", "-f", file)
        }
        #expect(Leftovers.devices(beneath: file).count == 1)
    }

    /// The foreign file is what it was and mounted nowhere; its device goes.
    private func expectUntouched(_ file: String, _ before: String) throws {
        let device = try #require(Leftovers.devices(beneath: file).first)
        try BlockDevice.flush(device)
        #expect(try Files.checksum(file) == before)
        #expect(try MountTable.read().filter { $0.source == device }.isEmpty)
        try Tool.run("/usr/sbin/losetup", "-d", device)
    }

    @Test(arguments: [
        Failpoint.stageAttached, .formatMarked, .formatMade, .formatRecorded, .stageMounted,
        .stageGrown,
    ])
    func `while it is staged is still the volume's, and the foreign one is untouched`(
        _ point: Failpoint
    ) async throws {
        let id = try await cluster.create(cluster.unique("held")).volumeID
        let file = try foreignFile(.ext4)
        let before = try Files.checksum(file)
        let failure = try await standing(at: point) {
            try await cluster.stage(id)
        } while: {
            try giveAway(the: id, to: file)
        }
        #expect(failure == nil)
        try expectUntouched(file, before)
        #expect(cluster.devices(of: id).count == 1)
        try write("mine", in: cluster.staging(id))
        try await cluster.unstage(id)
        #expect(cluster.devices(of: id).isEmpty)
        try await cluster.using(id) { try expectContents("mine", in: $0) }
        try await cluster.delete(id)
    }

    /// mkfs is forced then, as the volume is known to be half-made.
    @Test(arguments: FilesystemType.allCases)
    func `while it is formatted again leaves the foreign one unformatted`(_ type: FilesystemType)
        async throws
    {
        let capability: VolumeCapability = .mount(type.rawValue)
        let id = try await cluster.create(
            cluster.unique("again"),
            mebibytes: Filesystems.minimumSize(of: type).bytes >> 20,
            as: capability
        ).volumeID
        try await kill(at: .formatMarked) { try await cluster.stage(id, as: capability) }
        let file = try foreignFile(type)
        let before = try Files.checksum(file)
        let failure = try await standing(at: .stageAttached) {
            try await cluster.stage(id, as: capability)
        } while: {
            try giveAway(the: id, to: file)
        }
        #expect(failure == nil)
        try expectUntouched(file, before)
        let mount = try #require(try cluster.mounts(at: cluster.staging(id)).first)
        #expect(cluster.devices(of: id) == [mount.source])
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    @Test func `while it is published raw is refused, and no ban reaches the foreign one`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("raw"), as: .block()).volumeID
        try await cluster.stage(id, as: .block())
        let file = try foreignFile(.ext4)
        let before = try Files.checksum(file)
        let target = cluster.target()
        let failure = try await standing(at: .publishTargetMade) {
            try await cluster.publish(id, at: target, as: .block(), readOnly: true)
        } while: {
            try giveAway(the: id, to: file)
        }
        #expect(failure?.code == .aborted, "\(String(describing: failure))")
        #expect(!target.isThere)
        let device = try #require(Leftovers.devices(beneath: file).first)
        #expect(try !BlockDevice.isReadOnly(device))
        try expectUntouched(file, before)
        // A new stage finds another device.
        try await cluster.stage(id, as: .block())
        try await cluster.publish(id, at: target, as: .block())
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }
}
