import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// A disk without a free block: nothing new is made, everything that is there goes on.
@Suite(
    .serialized,
    .cluster(.ext4Thin, .xfsThin, poolSize: .mebibytes(400)),
    .timeLimit(.minutes(10))
)
struct `A pool that is full` {
    let cluster: Cluster
    let pool: Pool

    init() throws {
        cluster = try Cluster.here()
        pool = try cluster.pool(.ext4Thin)
    }

    private var filler: String { "\(pool.directory)/lost+found/filler" }

    /// Writes until there is no room for one more byte.
    private func fill() throws {
        for size in ["1M", "4k", "1"] {
            let arguments = [
                "if=/dev/zero", "of=\(filler)", "bs=\(size)", "oflag=append", "conv=notrunc,fsync",
            ]
            let output = try HostCommand(program: "/usr/bin/dd", arguments: arguments)
                .run(deadline: .seconds(60))
            #expect(output.standardError.contains("No space left"))
        }
    }

    @Test func `refuses what is new with RESOURCE_EXHAUSTED, and serves what is there`()
        async throws
    {
        let other = try await Bystander(on: .xfsThin, of: cluster)
        let same = try await Bystander(on: .ext4Thin, of: cluster)
        let fresh = try await cluster.create(cluster.unique("fresh")).volumeID
        let old = try await cluster.create(cluster.unique("old")).volumeID
        try await cluster.using(old) { try write("old", in: $0) }
        try fill()
        let before = try Listing.of(pool.directory, without: same.id)
        await expectFailure(.resourceExhausted, "delete volumes") {
            try await cluster.create(cluster.unique("new"))
        }
        await expectFailure(.resourceExhausted, "delete volumes") {
            try await cluster.snapshot(old, named: cluster.unique("snap"))
        }
        await expectFailure(.resourceExhausted, "delete volumes") {
            try await cluster.expand(old, to: .mebibytes(64))
        }
        // Its first format would need room.
        await expectFailure(.resourceExhausted, fresh) { try await cluster.stage(fresh) }
        #expect(cluster.devices(of: fresh).isEmpty)
        #expect(try await cluster.capacity().availableCapacity == 0)
        #expect(try Listing.of(pool.directory, without: same.id) == before)

        try await cluster.using(old) { try expectContents("old", in: $0) }
        // Writing a thin volume would take room that it was never given.
        try expectContents("bystander", in: same.target)
        try await other.expectUnharmed()
        // Room is made by deleting.
        try await cluster.delete(old)
        try Tool.run("/usr/bin/rm", filler)
        try await cluster.using(fresh) { try write("fresh", in: $0) }
        try await cluster.delete(fresh)
        try await same.end()
        try await other.end()
    }

    @Test func `gives a thin volume's writer an error, and keeps what was written before`()
        async throws
    {
        let other = try await Bystander(on: .xfsThin, of: cluster)
        let id = try await cluster.create(cluster.unique("thin"), mebibytes: 128).volumeID
        let target = cluster.target()
        try await cluster.stage(id)
        try await cluster.publish(id, at: target)
        try write("before", in: target)
        try fill()
        #expect(Paths.writeError("\(target)/more") != nil || isFullAfterMore(target))
        try await other.expectUnharmed()
        // The volume can be taken back, and is whole when there is room again.
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
        try Tool.run("/usr/bin/rm", filler)
        try await cluster.using(id) { try expectContents("before", in: $0) }
        try await cluster.delete(id)
        try await other.end()
    }

    /// The first blocks may have been there; many more were not.
    private func isFullAfterMore(_ target: String) -> Bool {
        let arguments = ["if=/dev/urandom", "of=\(target)/most", "bs=1M", "count=64", "conv=fsync"]
        let command = HostCommand(program: "/usr/bin/dd", arguments: arguments)
        guard let output = try? command.run(deadline: .seconds(60)) else { return false }
        return output.exitCode != 0
    }
}
