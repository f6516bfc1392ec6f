import DriverCore
import DriverHarness
import Glibc
import Host
import TestSupport
import Testing

/// A node under load that is reset without a warning, and starts again with the same disks.
///
/// `scripts/powercut.sh` boots the guest for each test, with a folder of the host that keeps what
/// callers were told.
///
/// What this proves: whatever an answered call relies on has left the guest's memory. All that its
/// page cache, its device mapper and its loop devices had not handed to the disk is lost. What it
/// does not: the disk keeps what it was handed, in any order and without a flush, as a disk with a
/// battery does. That flushes are asked for is for tests on disks that drop writes.
@Suite(.inGuest, .serialized, .timeLimit(.minutes(10)))
struct PowerCutTests {
    private static let callers = 6
    private let ledger = SoakLedger()
    private let files = BlockingPool(threads: Self.callers)
    private let seed = Environment.value(of: "CAIRN_POWERCUT_SEED").flatMap(UInt64.init)
    private let folder = Environment.value(of: "CAIRN_POWERCUT_NOTES")

    /// The driver serves six callers, two a tier, until the guest is gone.
    @Test func `callers call until the power goes`() async throws {
        let journal = SoakJournal(in: try #require(folder))
        try CutNode.makeDisks()
        try await CutNode.running { node in
            let capacities = try await node.capacities().map(String.init)
            try Bytes.write(capacities.joined(separator: ","), to: capacityNote)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.callers {
                    var caller = try caller(number, of: node, journal)
                    group.addTask {
                        await caller.begin()
                        await caller.run { false }
                    }
                }
                group.addTask { try await cutPower() }
                try await group.waitForAll()
            }
        }
    }

    /// The same callers, told what they knew.
    @Test func `what was acknowledged is there after the next start`() async throws {
        let journal = SoakJournal(in: try #require(folder))
        try await CutNode.running { node in
            var callers: [SoakCaller] = []
            for number in 0..<Self.callers {
                guard let notes = try journal.notes(of: number) else { continue }
                var caller = try caller(number, of: node, nil)
                await caller.recover(notes)
                callers.append(caller)
            }
            try await expectOnlyKnown(by: callers, in: node)
            try tell(callers)
            await withTaskGroup(of: Void.self) { group in
                for caller in callers {
                    var caller = caller
                    group.addTask {
                        await caller.finishSnapshots()
                        await caller.finish()
                    }
                }
            }
            for id in try await node.cluster.snapshots() {
                try await node.cluster.deleteSnapshot(id)
            }
            #expect(try await node.cluster.volumes() == [])
            #expect(try node.leftovers() == [])
            let before = try Files.text(capacityNote).split(separator: ",").map { Int64($0) }
            let after = try await node.capacities()
            for (tier, figures) in zip(CutNode.tiers, zip(before, after)) {
                let missing = try #require(figures.0) - figures.1
                #expect(abs(missing) <= CutNode.drift(of: tier), "\(tier) lacks \(missing) bytes")
            }
        }
        for violation in try journal.violations() + ledger.figures.violations {
            Issue.record("\(violation)")
        }
    }

    /// Beside the shares of the callers: what each tier can hold while it is empty.
    private var capacityNote: String { "\(folder ?? "")/capacities" }

    private func caller(_ number: Int, of node: CutNode, _ journal: SoakJournal?) throws
        -> SoakCaller
    {
        SoakCaller(
            of: node.cluster,
            ledger: ledger,
            seed: try #require(seed),
            number: number,
            files: files,
            slots: 2,
            tier: CutNode.tiers[number % CutNode.tiers.count],
            journal: journal
        )
    }

    /// Resets the machine, without a word to its file systems, in the middle of whatever goes on.
    ///
    /// Counted in calls, for how many there are in a second is up to the machine.
    private func cutPower() async throws {
        var decisions = Decisions(seed: try #require(seed), caller: Self.callers, step: 0)
        let calls = Int.random(in: 40...120, using: &decisions)
        let pause = Int.random(in: 0...1000, using: &decisions)
        try await wait(for: "call") { ledger.figures.total >= calls }
        try await Task.sleep(for: .milliseconds(pause))
        let done = ledger.figures.operations.sorted { $0.key < $1.key }
        let list = done.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        try Bytes.write(
            "cut after \(calls) calls and \(pause) ms: \(list)",
            to: "\(folder ?? "")/cut"
        )
        try Bytes.write(Array("b".utf8), to: "/proc/sysrq-trigger")
    }

    /// After the retries there is what callers know of, and nothing else.
    private func expectOnlyKnown(by callers: [SoakCaller], in node: CutNode) async throws {
        let volumes = callers.flatMap(\.volumes).filter(\.exists.mayBe).map(\.id)
        expect(try await node.cluster.volumes(), are: volumes)
        let snapshots = callers.flatMap(\.snapshots.values).filter(\.exists.mayBe).map(\.id)
        expect(try await node.cluster.snapshots(), are: snapshots)
    }

    /// What has no id was never answered, and may be there or not.
    private func expect(_ listed: [String], are known: [String]) {
        let sure = known.filter { !$0.isEmpty }
        #expect(Set(sure).isSubset(of: listed))
        #expect(sure.count...known.count ~= listed.count, "\(listed) is not \(known)")
    }

    private func tell(_ callers: [SoakCaller]) throws {
        let volumes = callers.flatMap(\.volumes).filter { $0.exists == .yes }
        try #require(!volumes.isEmpty, "nothing was acknowledged")
        let snapshots = callers.flatMap(\.snapshots.values).count { $0.exists == .yes }
        print(
            "acknowledged: \(volumes.count) volumes, \(volumes.count { $0.holdsFiles }) with files, "
                + "\(snapshots) snapshots, \(callers.flatMap(\.deleted).count) deletes"
        )
    }
}
