import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import Testing

/// CSI 1.2/8 with 300 volumes over two tiers.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `ListVolumes with 300 volumes` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    /// The volumes of the suite: 300 are made by the first test that comes, others find them.
    private func fill() async throws -> Set<String> {
        var ids = Set(try await cluster.volumes())
        for number in min(ids.count, 300)..<300 {
            let tier = number.isMultiple(of: 3) ? "xfs-thin" : "ext4-thin"
            ids.insert(
                try await cluster.create(cluster.unique("filler"), as: .block(), tier: tier)
                    .volumeID
            )
        }
        return ids
    }

    private func page(_ count: Int32, after token: String = "") async throws
        -> (ids: [String], next: String)
    {
        let answer = try await cluster.call(
            ListVolumesRequest(maxEntries: count, startingToken: token)
        )
        #expect(count == 0 || answer.entries.count <= Int(count))
        return (answer.entries.compactMap(\.volume?.volumeID), answer.nextToken)
    }

    @Test func `one list tells all of them, in order, with size and place`() async throws {
        let made = try await fill()
        #expect(made.count >= 300)
        let answer = try await cluster.call(ListVolumesRequest())
        #expect(answer.nextToken.isEmpty)
        let volumes = answer.entries.compactMap(\.volume)
        #expect(Set(volumes.map(\.volumeID)).isSuperset(of: made))
        #expect(volumes.map(\.volumeID) == volumes.map(\.volumeID).sorted())
        #expect(
            volumes.allSatisfy { $0.capacityBytes == 32 << 20 && !$0.accessibleTopology.isEmpty }
        )
    }

    @Test func `pages of seven tell each volume once`() async throws {
        let made = try await fill()
        var seen: [String] = []
        var token = ""
        repeat {
            let (ids, next) = try await page(7, after: token)
            #expect(ids.count == 7 || next.isEmpty)
            seen += ids
            token = next
        } while !token.isEmpty
        #expect(seen.count == Set(seen).count)
        #expect(Set(seen).isSuperset(of: made))
    }

    @Test func `volumes that come and go between pages disturb nothing that stays`() async throws {
        let made = try await fill()
        var gone: Set<String> = []
        var seen: [String] = []
        var token = ""
        var number = 0
        repeat {
            let (ids, next) = try await page(7, after: token)
            seen += ids
            token = next
            number += 1
            // The one that the token rests on goes, and a new one comes.
            if let last = ids.last, !token.isEmpty, number.isMultiple(of: 4) {
                try await cluster.delete(last)
                gone.insert(last)
                _ = try await cluster.create(cluster.unique("comes"), as: .block())
            }
        } while !token.isEmpty
        #expect(gone.count > 5)
        #expect(seen.count == Set(seen).count)
        #expect(Set(seen).isSuperset(of: made.subtracting(gone)))
    }

    @Test func `a token outlives a restart of the driver`() async throws {
        _ = try await fill()
        let (first, token) = try await page(10)
        let (second, _) = try await page(10, after: token)
        try await cluster.driver.restart(SIGKILL)
        let (again, _) = try await page(10, after: token)
        #expect(again == second)
        #expect(Set(first).isDisjoint(with: Set(second)))
    }

    @Test func `a page larger than the list has no next token`() async throws {
        _ = try await fill()
        #expect(try await page(.max).next.isEmpty)
    }

    @Test(arguments: ["x", "7", "v1-", "s1-6c1d6cedf276ea3f-4e2bae73948b201d12ff2fe3ff836e42"])
    func `a token of someone else is ABORTED and says how to go on`(_ token: String) async {
        await expectFailure(.aborted, "starting_token", "list again from the start") {
            try await page(7, after: token)
        }
    }

    @Test func `a negative page is INVALID_ARGUMENT`() async {
        await expectFailure(.invalidArgument, "max_entries") { try await page(-1) }
    }
}
