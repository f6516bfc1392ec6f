import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// Calls side by side: one result, ABORTED for the rest, and never more promised than there is.
@Suite(
    .serialized,
    .cluster(.ext4Thin, .xfsThick, poolSize: .gibibytes(1)),
    .timeLimit(.minutes(5))
)
struct `Concurrent calls` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// The outcome of each of many calls at once.
    private func atOnce<Answer: Sendable>(
        _ count: Int,
        _ call: @escaping @Sendable (Int) async throws -> Answer
    ) async throws -> [Result<Answer, RPCFailure>] {
        try await withThrowingTaskGroup(of: Result<Answer, RPCFailure>.self) { group in
            for number in 0..<count {
                group.addTask {
                    do {
                        return .success(try await call(number))
                    } catch let failure as RPCFailure {
                        return .failure(failure)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func codes<Answer>(_ outcomes: [Result<Answer, RPCFailure>]) -> Set<StatusCode> {
        Set(
            outcomes.map { outcome in
                guard case .failure(let failure) = outcome else { return .ok }
                return failure.code
            }
        )
    }

    @Test(arguments: ["ext4-thin", "xfs-thick"])
    func `creates of one name give one volume, and OK or ABORTED`(_ tier: String) async throws {
        for _ in 1...5 {
            let name = cluster.unique("one")
            let before = try await cluster.volumes().count
            let outcomes = try await atOnce(24) { _ in
                try await cluster.create(name, as: .block(), tier: tier).volumeID
            }
            #expect(codes(outcomes).isSubset(of: [.ok, .aborted]))
            #expect(codes(outcomes).contains(.ok))
            #expect(Set(outcomes.compactMap { try? $0.get() }).count == 1)
            #expect(try await cluster.volumes().count == before + 1)
            try await cluster.delete(
                try await cluster.create(name, as: .block(), tier: tier).volumeID
            )
        }
    }

    @Test func `snapshots of one name give one snapshot`() async throws {
        let source = try await cluster.create(cluster.unique("source")).volumeID
        let name = cluster.unique("snap")
        let outcomes = try await atOnce(16) { _ in try await cluster.snapshot(source, named: name) }
        #expect(codes(outcomes).isSubset(of: [.ok, .aborted]))
        #expect(Set(outcomes.compactMap { try? $0.get() }).count == 1)
        #expect(try await cluster.snapshots(.init(sourceVolumeID: source)).count == 1)
    }

    @Test func `creates of many sizes are promised no more than there is`() async throws {
        let pool = try cluster.pool(.xfsThick)
        #expect(Files.objects(in: pool).isEmpty)
        let available = try await cluster.capacity(of: "xfs-thick").availableCapacity
        let names = (0..<16).map { _ in cluster.unique("many") }
        // Each is an eighth: half of them must be refused.
        let mebibytes = available >> 23
        let outcomes = try await atOnce(16) { number in
            try await cluster.create(
                names[number],
                mebibytes: mebibytes,
                as: .block(),
                tier: "xfs-thick"
            )
        }
        #expect(codes(outcomes) == [.ok, .resourceExhausted])
        let made = outcomes.compactMap { try? $0.get() }
        #expect(made.reduce(0) { $0 + $1.capacityBytes } <= available + available / 64)
        #expect(made.count >= 7)
        for volume in made {
            #expect(try Paths.allocated(pool.data(of: volume.volumeID)) >= volume.capacityBytes)
        }
        #expect(Files.objects(in: pool).count == made.count)
        for volume in made { try await cluster.delete(volume.volumeID) }
        let after = try await cluster.capacity(of: "xfs-thick").availableCapacity
        #expect(abs(after - available) < 8 << 20)
    }

    @Test func `a stage and a delete at once end with the volume in use, or gone`() async throws {
        for _ in 1...15 {
            let id = try await cluster.create(cluster.unique("race"), as: .block()).volumeID
            let outcomes = try await atOnce(2) { number in
                if number == 0 {
                    try await cluster.stage(id, as: .block())
                } else {
                    try await cluster.delete(id)
                }
                return number
            }
            let isStaged = outcomes.contains { (try? $0.get()) == 0 }
            let isDeleted = outcomes.contains { (try? $0.get()) == 1 }
            #expect(!(isStaged && isDeleted))
            #expect(
                codes(outcomes).isSubset(of: [.ok, .aborted, .failedPrecondition, .notFound])
            )
            #expect(cluster.devices(of: id).count == (isStaged ? 1 : 0))
            let data = try cluster.pool(.ext4Thin).data(of: id)
            #expect(Paths.exists(data) == !isDeleted)
            try await cluster.unstage(id)
            try await cluster.delete(id)
        }
    }

    @Test func `stages and publishes at once leave one mount each`() async throws {
        let id = try await cluster.create(cluster.unique("mount")).volumeID
        let staged = try await atOnce(12) { _ in try await cluster.stage(id) }
        #expect(codes(staged).isSubset(of: [.ok, .aborted]))
        try await cluster.stage(id)
        #expect(try cluster.mounts(at: cluster.staging(id)).count == 1)
        let target = cluster.target()
        let published = try await atOnce(12) { _ in try await cluster.publish(id, at: target) }
        #expect(codes(published).isSubset(of: [.ok, .aborted]))
        try await cluster.publish(id, at: target)
        #expect(try cluster.mounts(at: target).count == 1)
        #expect(cluster.devices(of: id).count == 1)
        let unpublished = try await atOnce(12) { _ in try await cluster.unpublish(id, from: target)
        }
        #expect(codes(unpublished).isSubset(of: [.ok, .aborted]))
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
    }

    @Test func `different volumes do not wait for each other`() async throws {
        let outcomes = try await atOnce(12) { _ in
            let id = try await cluster.create(cluster.unique("apart")).volumeID
            try await cluster.using(id) { try write(id, in: $0) }
            try await cluster.using(id) { try expectContents(id, in: $0) }
            try await cluster.delete(id)
        }
        #expect(codes(outcomes) == [.ok])
    }

    @Test func `while a stage runs, everything else for its volume is ABORTED and says why`()
        async throws
    {
        try await cluster.holdingStage { id in
            let other = try await cluster.create(cluster.unique("other")).volumeID
            for call: () async throws -> Void in [
                { try await cluster.stage(id) }, { try await cluster.unstage(id) },
                { try await cluster.publish(id, at: cluster.target()) },
                { try await cluster.delete(id) },
                { _ = try await cluster.expand(id, to: .mebibytes(64)) },
                { _ = try await cluster.snapshot(id, named: cluster.unique("snap")) },
                { _ = try await cluster.create(cluster.unique("copy"), from: .volume(id)) },
            ] {
                await expectFailure(.aborted, id, "NodeStageVolume is still running") {
                    try await call()
                }
            }
            #expect(try await cluster.get(id).volumeID == id)
            try await cluster.using(other) { try write("other", in: $0) }
        }
    }

    @Test func `a call whose caller has gone runs to its end, and the retry succeeds`() async throws
    {
        let id = try await cluster.holdingStage(timeout: .seconds(1)) { id in
            // The caller's deadline passes while mkfs stands still.
            try await cluster.heldStageEnds(with: .deadlineExceeded)
            await expectFailure(.aborted, id) { try await cluster.stage(id) }
        }
        try await cluster.retryingWhileAborted { try await cluster.stage(id) }
        try await cluster.unstage(id)
        try await cluster.using(id) { try write("late", in: $0) }
    }
}
