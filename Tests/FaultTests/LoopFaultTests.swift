import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// Loop devices that others take, or that there are none of.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A node's loop devices` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// Gives the device to a file of somebody else, as another program could; its path.
    private func steal(_ device: String) throws -> String {
        let file = "\(cluster.folder)/\(cluster.unique("foreign"))"
        try Bytes.makeFile(file, size: .mebibytes(64))
        try Bytes.write(noise("foreign"), to: file)
        try Tool.run("/usr/sbin/losetup", "-d", device)
        try Tool.run("/usr/sbin/losetup", device, file)
        return file
    }

    private func expectUntouched(_ file: String, on device: String, since before: String) throws {
        #expect(try Files.checksum(file) == before)
        #expect(Leftovers.devices(beneath: file) == [device])
    }

    /// A staged raw block volume with contents, and its device.
    private func staged() async throws -> (id: String, device: String) {
        let id = try await cluster.create(cluster.unique("stolen"), as: .block()).volumeID
        try await cluster.stage(id, as: .block())
        let device = try #require(cluster.devices(of: id).first)
        try Bytes.write(noise("mine"), to: device)
        return (id, device)
    }

    @Test func `when one is stolen after the stage, publish refuses and touches nothing foreign`()
        async throws
    {
        let other = try await Bystander(on: .ext4Thin, of: cluster)
        let (id, device) = try await staged()
        let file = try steal(device)
        let before = try Files.checksum(file)
        let target = cluster.target()
        await expectFailure(.failedPrecondition, id, "stage") {
            try await cluster.publish(id, at: target, as: .block())
        }
        #expect(!target.isThere)
        try expectUntouched(file, on: device, since: before)
        // A new stage finds another device, with the contents.
        try await cluster.stage(id, as: .block())
        try await cluster.publish(id, at: target, as: .block())
        #expect(try Bytes.read(target, count: 200_000) == noise("mine"))
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
        try await cluster.delete(id)
        try expectUntouched(file, on: device, since: before)
        try await other.expectUnharmed()
        try await other.end()
        try Tool.run("/usr/sbin/losetup", "-d", device)
    }

    @Test func `when one is stolen after the publish, taking back touches nothing foreign`()
        async throws
    {
        let (id, device) = try await staged()
        let target = cluster.target()
        try await cluster.publish(id, at: target, as: .block(), readOnly: true)
        // Nobody has it open, so it can be taken away under the target.
        let file = try steal(device)
        let before = try Files.checksum(file)
        await expectFailure(.notFound, id) { try await cluster.stats(id, at: target) }
        await expectFailure(.notFound, id) { try await cluster.nodeExpand(id, at: target) }
        #expect(try await cluster.expand(id, to: .mebibytes(64)).capacityBytes == 64 << 20)
        try await cluster.unpublish(id, from: target)
        #expect(!target.isThere)
        try await cluster.unstage(id)
        try await cluster.delete(id)
        try expectUntouched(file, on: device, since: before)
        try Tool.run("/usr/sbin/losetup", "-d", device)
    }
}

/// A driver in a mount namespace of its own, whose /dev/loop-control can be taken away.
@Suite(
    .serialized,
    .cluster(.ext4Thin, startedBy: LoopControl.command),
    .timeLimit(.minutes(10))
)
struct `A node without free loop devices` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// Runs a program where the driver is.
    private func inside(_ program: String...) throws {
        let pid = try #require(cluster.driver.pid)
        let command = HostCommand(
            program: "/usr/bin/nsenter",
            arguments: ["--mount", "--target", "\(pid)"] + program
        )
        #expect(try command.run(deadline: .seconds(60)).exitCode == 0)
    }

    /// Expects that no volume can be staged between the two, and that another is used all the time.
    private func refusing(
        _ words: String...,
        between take: () throws -> Void,
        and giveBack: () throws -> Void
    ) async throws {
        let used = try await cluster.create(cluster.unique("used")).volumeID
        let none = try await cluster.create(cluster.unique("none")).volumeID
        try await cluster.stage(used)
        let folder = "\(cluster.pools[0].directory)/volumes/\(none)"
        let before = try Listing.of(folder)
        try take()
        for _ in 0..<2 {
            await expectFailure(.unavailable, words[0], words[1]) {
                try await cluster.stage(none)
            }
        }
        #expect(cluster.devices(of: none).isEmpty)
        #expect(try Listing.of(folder) == before)
        let target = cluster.target("used")
        try await cluster.publish(used, at: target)
        #expect(try await cluster.stats(used, at: target).count == 2)
        try giveBack()
        try await cluster.stage(none)
        #expect(cluster.devices(of: none).count == 1)
        try await cluster.unpublish(used, from: target)
        for id in [used, none] {
            try await cluster.unstage(id)
            try await cluster.delete(id)
        }
    }

    /// The kernel makes loop devices for as long as it has memory, so it has none left only where it
    /// is not asked: here something else answers in its place.
    @Test func `in the kernel answers UNAVAILABLE, leaves nothing, and stages later`() async throws
    {
        try await refusing("no free loop device", "losetup --list") {
            try inside("mount", "--bind", "/dev/full", "/dev/loop-control")
        } and: {
            try inside("umount", "/dev/loop-control")
        }
    }

    /// As in a container: the kernel has a device, and this /dev shows none but those in use.
    @Test func `in its own /dev answers UNAVAILABLE, leaves nothing, and stages later`()
        async throws
    {
        try await refusing("is not in /dev", "the node's own /dev") {
            let folder = "\(cluster.folder)/\(cluster.unique("dev"))"
            try Paths.makeFolder(folder)
            try inside("mount", "-t", "tmpfs", "-o", "mode=755", "none", folder)
            let others = ["null", "zero", "random", "urandom", "loop-control"].map { "/dev/\($0)" }
            for node in others + Leftovers.devices(beneath: cluster.folder) {
                try inside("cp", "-a", node, folder)
            }
            try inside("mount", "-o", "remount,ro", folder)
            try inside("mount", "--bind", folder, "/dev")
        } and: {
            try inside("umount", "/dev")
        }
    }
}

private enum LoopControl {
    @Sendable static func command(in folder: String) -> [String] {
        ["/usr/bin/unshare", "--mount", "--propagation", "private"]
    }
}
