import Backend
import DriverCore
import Host
import Naming
import TestSupport
import Testing

@testable import NodeStorage

/// One tier of two does not answer: neither a record nor an error.
@Suite(.timeLimit(.minutes(5))) struct HangingTierTests {
    private let identity: NodeIdentity
    /// Longer than a busy machine keeps a thread of the tier that does answer waiting.
    private static let patience = Duration.seconds(2)

    init() throws {
        identity = try NodeIdentity(driverName: "t.csi", version: "0", nodeID: "n", topology: [:])
    }

    private func withTiers(
        _ body: (_ tiers: Tiers, _ near: ScriptedBackend, _ far: ScriptedBackend) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let near = ScriptedBackend(tier: "near", folder: try folder.makeFolder("near"))
            let far = ScriptedBackend(tier: "far", folder: try folder.makeFolder("far"))
            let tiers = Tiers(
                [far, near].map { backend in
                    Tier(
                        named: backend.tier,
                        over: backend,
                        defaultFilesystem: .ext4,
                        patience: Self.patience
                    )
                },
                default: "near",
                logger: quietLogger
            )
            defer { far.goOn() }
            try body(tiers, near, far)
        }
    }

    private func id(_ name: String) -> VolumeID { identity.volumeID(forName: name) }

    private func create(_ name: String, in backend: ScriptedBackend) throws {
        _ = try backend.createVolume(record(name, in: backend), progress: Progress())
    }

    private func record(_ name: String, in backend: ScriptedBackend) -> VolumeRecord {
        VolumeRecord(
            id: id(name),
            name: name,
            tier: backend.tier,
            size: .mebibytes(16),
            createdSize: .mebibytes(16),
            capabilities: [],
            filesystem: .ext4,
            parameters: [:],
            source: nil,
            created: WallClock.now(),
            contents: .blank,
            isEphemeral: false,
            claim: .init()
        )
    }

    /// Begins to make a volume on a thread of its own, as the pool of the operations does, and waits
    /// until that has gone on for longer than the patience.
    private func beginCreate(_ name: String, in tier: Tier, of backend: ScriptedBackend) throws
        -> PendingAnswer<VolumeRecord>
    {
        let record = record(name, in: backend)
        let change = try BlockingPool(threads: 1).begin { () throws(DriverError) in
            try tier.change { (it) throws(DriverError) in
                try it.createVolume(record, progress: Progress())
            }
        }
        try #require(waitBlocking { backend.held == 1 })
        let began = ContinuousClock.now
        try #require(waitBlocking { .now - began > Self.patience })
        return change
    }

    private func count(in tier: Tier) throws -> Int {
        try tier.read { (it) throws(DriverError) in try it.volumes() }.count
    }

    private func delete(_ name: String, from tier: Tier) throws {
        try tier.change { (it) throws(DriverError) in try it.deleteVolume(id(name)) }
    }

    private func list(_ tiers: Tiers) throws {
        _ = try tiers.readEach { (backend) throws(DriverError) in try backend.volumes() }
    }

    private func expectUnavailable(_ words: String, _ body: () throws -> Void) {
        let error = #expect(throws: DriverError.self) { try body() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("'far' \(words)") ?? false, "\(String(describing: error))")
    }

    @Test func `at start holds up no other, and says so until it has started`() throws {
        try withTiers { tiers, near, far in
            try create("a", in: near)
            far.hang()
            tiers.start()
            // It may come to the barrier only after the others have stopped waiting for it.
            #expect(waitBlocking { far.held == 1 })
            #expect(try tiers.find(id("a"))?.tier.name == "near")
            #expect(try tiers.tier(named: nil).name == "near")
            expectUnavailable("has been starting") { _ = try tiers.find(id("b")) }
            expectUnavailable("has been starting") { _ = try tiers.tier(named: "far") }
            #expect(far.held == 1)
            far.goOn()
            try waitUntil { try tiers.find(id("b")) == nil }
        }
    }

    @Test func `later is waited for once, and what others hold is found meanwhile`() throws {
        try withTiers { tiers, near, far in
            tiers.start()
            // On a machine that is busy a start may take longer than the patience.
            try waitUntil { try tiers.find(id("new")) == nil }
            for name in ["a", "b"] { try create(name, in: near) }
            try create("c", in: far)
            far.hang()
            let target = try tiers.tier(named: "near")
            #expect(try tiers.findForCreate(id("new"), in: target) == nil)
            let begin = ContinuousClock.now
            for _ in 0..<500 {
                #expect(try tiers.find(id("a"))?.record.name == "a")
                #expect(try tiers.findForCreate(id("new"), in: target) == nil)
                expectUnavailable("has not answered") { _ = try tiers.find(id("new")) }
                expectUnavailable("has not answered") { _ = try tiers.find(id("c")) }
                expectUnavailable("has not answered") { _ = try tiers.tier(named: "far") }
                expectUnavailable("has not answered") { try tiers.finishRemoval(of: id("c")) }
                expectUnavailable("has not answered") { try list(tiers) }
            }
            // The first question, and a trial at each doubling of the time since.
            let elapsed = (ContinuousClock.now - begin) / .milliseconds(50)
            #expect(far.held <= 4 + Int(elapsed.squareRoot()))
            far.goOn()
            try waitUntil { try tiers.find(id("new")) == nil }
            #expect(try tiers.find(id("c"))?.tier.name == "far")
        }
    }

    @Test func `while a change hangs, the next caller looks first and nobody else waits`() throws {
        try withTiers { tiers, _, far in
            let tier = try tiers.tier(named: "far")
            far.hang()
            let change = try beginCreate("slow", in: tier, of: far)
            let begin = ContinuousClock.now
            for _ in 0..<500 {
                expectUnavailable("has not answered") { _ = try count(in: tier) }
                expectUnavailable("has not answered") { try delete("slow", from: tier) }
            }
            // The change itself, the look, and a trial at each doubling of the time since.
            let elapsed = (ContinuousClock.now - begin) / .milliseconds(50)
            #expect(far.held <= 4 + Int(elapsed.squareRoot()))
            far.goOn()
            try waitUntil { try count(in: tier) == 1 }
            #expect(try change.value(by: .now + longestWait)?.name == "slow")
            #expect(try tiers.find(id("slow"))?.record.name == "slow")
            try delete("slow", from: tier)
        }
    }

    @Test func `a change that takes long is no hang`() throws {
        try withTiers { tiers, _, far in
            let tier = try tiers.tier(named: "far")
            far.hang(only: "createVolume")
            let change = try beginCreate("slow", in: tier, of: far)
            for _ in 0..<500 {
                #expect(try count(in: tier) == 0)
                try delete("other", from: tier)
            }
            #expect(far.held == 1)
            far.goOn()
            #expect(try change.value(by: .now + longestWait)?.name == "slow")
        }
    }

    /// Repeats what is UNAVAILABLE until it is not.
    private func waitUntil(_ isTrue: () throws -> Bool) throws {
        let end = ContinuousClock.now + longestWait
        while ContinuousClock.now < end {
            do {
                if try isTrue() { return }
            } catch let error as DriverError where error.code == .unavailable {
                continue
            }
        }
        Issue.record("the tier did not come back")
    }
}
