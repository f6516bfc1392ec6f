import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// CSI 1.2/6, 1.2/8 and 1.2/9.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `Snapshots` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `a snapshot is ready at once and tells source, size and time`() async throws {
        let source = try await cluster.create(cluster.unique("source")).volumeID
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap"))
        #expect(snapshot.readyToUse)
        #expect(snapshot.sourceVolumeID == source)
        #expect(snapshot.sizeBytes == 32 << 20)
        #expect(snapshot.groupSnapshotID.isEmpty)
        // After 2020 and whole: the epoch would be a time that nobody set.
        #expect(try #require(snapshot.creationTime).seconds > 1_577_836_800)
    }

    @Test func `the same request gives the same snapshot with the same time, after a restart too`()
        async throws
    {
        let source = try await cluster.create(cluster.unique("source")).volumeID
        let name = cluster.unique("snap")
        let snapshot = try await cluster.snapshot(source, named: name)
        #expect(try await cluster.snapshot(source, named: name) == snapshot)
        try await cluster.driver.restart()
        #expect(try await cluster.snapshot(source, named: name) == snapshot)
        let found = try await cluster.call(GetSnapshotRequest(snapshotID: snapshot.snapshotID))
        #expect(found.snapshot == snapshot)
        let listed = try await cluster.call(ListSnapshotsRequest(snapshotID: snapshot.snapshotID))
        #expect(listed.entries.map(\.snapshot) == [snapshot])
    }

    @Test func `a repeated request answers even when the source is gone`() async throws {
        let source = try await cluster.create(cluster.unique("source")).volumeID
        let name = cluster.unique("snap")
        let snapshot = try await cluster.snapshot(source, named: name)
        try await cluster.delete(source)
        #expect(try await cluster.snapshot(source, named: name) == snapshot)
    }

    @Test func `the same name for another source is ALREADY_EXISTS`() async throws {
        let one = try await cluster.create(cluster.unique("one")).volumeID
        let two = try await cluster.create(cluster.unique("two")).volumeID
        let name = cluster.unique("snap")
        _ = try await cluster.snapshot(one, named: name)
        await expectFailure(.alreadyExists, name, one) {
            try await cluster.snapshot(two, named: name)
        }
    }

    @Test func `an unknown source is NOT_FOUND`() async throws {
        let gone = try await cluster.create(cluster.unique("gone")).volumeID
        try await cluster.delete(gone)
        for source in [gone, "no-such-volume", "../volumes"] {
            await expectFailure(.notFound, "does not exist") {
                try await cluster.snapshot(source, named: cluster.unique("snap"))
            }
        }
    }

    @Test func `unknown parameters are refused, standard ones ignored`() async throws {
        let source = try await cluster.create(cluster.unique("source")).volumeID
        var request = CreateSnapshotRequest(
            sourceVolumeID: source,
            name: cluster.unique("snap"),
            parameters: ["color": "red"]
        )
        await expectFailure(.invalidArgument, "'color'") { try await cluster.call(request) }
        request.parameters = ["csi.storage.k8s.io/volumesnapshot/name": "snap"]
        _ = try await cluster.call(request)
    }

    @Test func `deleting an unknown or malformed id is OK, and repeating it too`() async throws {
        let source = try await cluster.create(cluster.unique("source")).volumeID
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap")).snapshotID
        for id in [snapshot, snapshot, "s1-nonsense", "../../etc", source, "x"] {
            try await cluster.deleteSnapshot(id)
        }
        #expect(try await cluster.get(source).volumeID == source)
        await expectFailure(.notFound, snapshot) {
            try await cluster.call(GetSnapshotRequest(snapshotID: snapshot))
        }
        await expectFailure(.notFound) {
            try await cluster.call(GetSnapshotRequest(snapshotID: "x"))
        }
    }

    @Test func `lists by id, by source, and nothing for what does not exist`() async throws {
        let one = try await cluster.create(cluster.unique("one")).volumeID
        let two = try await cluster.create(cluster.unique("two"), tier: "xfs-thin").volumeID
        var ids: [String: [String]] = [:]
        for source in [one, two, one, two, one] {
            let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap"))
            ids[source, default: []].append(snapshot.snapshotID)
        }
        let ofOne = try #require(ids[one])
        #expect(try await cluster.snapshots(.init(sourceVolumeID: one)) == ofOne.sorted())
        #expect(try await cluster.snapshots(.init(sourceVolumeID: two)) == ids[two]?.sorted())
        #expect(try await cluster.snapshots(.init(snapshotID: ofOne[1])) == [ofOne[1]])
        #expect(
            try await cluster.snapshots(.init(sourceVolumeID: two, snapshotID: ofOne[1])).isEmpty
        )
        let all = try await cluster.snapshots()
        #expect(Set(all).isSuperset(of: ids.values.flatMap(\.self)))
        #expect(all == all.sorted())
        for unknown in ["s1-0000000000000000-00000000000000000000000000000000", "x", one] {
            #expect(try await cluster.snapshots(.init(snapshotID: unknown)).isEmpty)
        }
        #expect(try await cluster.snapshots(.init(sourceVolumeID: "x")).isEmpty)
    }

    @Test func `pages hold every snapshot once, though some come and go`() async throws {
        let source = try await cluster.create(cluster.unique("source")).volumeID
        var kept: Set<String> = []
        for _ in 0..<12 {
            kept.insert(try await cluster.snapshot(source, named: cluster.unique("s")).snapshotID)
        }
        var seen: [String] = []
        var token = ""
        repeat {
            let page = try await cluster.call(
                ListSnapshotsRequest(maxEntries: 5, startingToken: token, sourceVolumeID: source)
            )
            #expect(page.entries.count <= 5)
            let ids = page.entries.compactMap(\.snapshot?.snapshotID)
            seen += ids
            token = page.nextToken
            // The last one told is what the token may rest on.
            if let last = ids.last, !token.isEmpty {
                try await cluster.deleteSnapshot(last)
                _ = try await cluster.snapshot(source, named: cluster.unique("new"))
            }
        } while !token.isEmpty
        #expect(kept.isSubset(of: Set(seen)))
        #expect(Set(seen).count == seen.count)
    }

    @Test func `a token of someone else is ABORTED, a negative page INVALID_ARGUMENT`() async {
        for token in ["x", "7", "v1-6c1d6cedf276ea3f-4e2bae73948b201d12ff2fe3ff836e42"] {
            await expectFailure(.aborted, "starting_token") {
                try await cluster.call(ListSnapshotsRequest(startingToken: token))
            }
        }
        await expectFailure(.invalidArgument, "max_entries") {
            try await cluster.call(ListSnapshotsRequest(maxEntries: -1))
        }
    }

    @Test(arguments: ["ext4-thin", "xfs-thin"])
    func `a snapshot of a volume that is mounted and written is whole`(_ tier: String) async throws
    {
        let source = try await cluster.create(cluster.unique("busy"), mebibytes: 64, tier: tier)
            .volumeID
        let restored = try await cluster.using(source) { mounted in
            try write("settled", in: mounted)
            let isDone = Flag()
            async let written = writer(in: mounted, until: isDone)
            let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap"))
            isDone.raise()
            #expect(try await written > 0)
            return try await cluster.create(
                cluster.unique("restore"),
                mebibytes: 64,
                tier: tier,
                from: .snapshot(snapshot.snapshotID)
            ).volumeID
        }
        try await cluster.using(restored) { try expectContents("settled", in: $0) }
        // Nothing of the journal or the tables was torn.
        let data = try #require(cluster.pools.first { $0.kind.tier == tier }).data(of: restored)
        try Tool.run("/usr/sbin/e2fsck", "-fn", data)
    }

    /// Writes on and on, and answers how often.
    @concurrent private func writer(in folder: String, until isDone: Flag)
        async throws -> Int
    {
        var count = 0
        repeat {
            try Bytes.write(noise("\(count)"), to: "\(folder)/busy-\(count % 8)")
            count += 1
            await Task.yield()
        } while !isDone.isRaised
        return count
    }
}
