import CSIMessages
import DriverCore
import DriverHarness
import Host
import TestSupport
import Testing

/// How long and by which seeds, from the environment.
enum FleetSoak {
    static let callers = 6
    static var seconds: UInt64 { number("CAIRN_SOAK_SECONDS", else: 30) }
    static var minutes: UInt64 { 2 * seconds / 60 + 15 }

    /// One seed that always comes, and a new one; or the one that is asked for.
    static let seeds: [UInt64] =
        Environment.value(of: "CAIRN_SOAK_SEED").flatMap(UInt64.init).map { [$0] }
        ?? [1, .random(in: 1...1_000_000)]

    private static func number(_ variable: String, else other: UInt64) -> UInt64 {
        Environment.value(of: variable).flatMap(UInt64.init) ?? other
    }
}

/// Random calls through both controllers while processes are killed and stopped, cables pulled and
/// packets dropped.
///
/// `CAIRN_SOAK_SECONDS` and `CAIRN_SOAK_SEED` choose length and decisions.
@Suite(.serialized, .fleet(), .timeLimit(.minutes(FleetSoak.minutes)))
struct `A soak of a cluster` {
    @Test(arguments: FleetSoak.seeds)
    func `loses nothing, makes nothing twice, leaks nothing and answers truly`(_ seed: UInt64)
        async throws
    {
        let fleet = try Fleet.here()
        let ledger = SoakLedger()
        print("soak of a cluster: seed \(seed)")
        var callers = (0..<FleetSoak.callers).map { number in
            SoakCaller(
                of: FleetSite(fleet),
                ledger: ledger,
                seed: seed,
                number: number,
                files: BlockingPool(threads: 1)
            )
        }
        callers = await disturbed(callers, fleet, ledger, seed)
        for controller in fleet.controllers { try await fleet.waitUntilComplete(controller) }
        fleet.reportDoubles(to: ledger)
        await withTaskGroup { group in
            for caller in callers {
                group.addTask {
                    var caller = caller
                    await caller.finish()
                    await caller.finishSnapshots()
                }
            }
        }
        try await fleet.deleteSnapshots()
        ledger.show(seed)
        for violation in ledger.figures.violations.prefix(20) { Issue.record("\(violation)") }
        try fleet.expectNothingLeft()
    }

    private func disturbed(
        _ callers: [SoakCaller],
        _ fleet: Fleet,
        _ ledger: SoakLedger,
        _ seed: UInt64
    ) async -> [SoakCaller] {
        let end = ContinuousClock.now + .seconds(Int(FleetSoak.seconds))
        async let faults: Void = FleetFaults(fleet: fleet, ledger: ledger, seed: seed).run(
            until: end
        )
        async let watch: Void = fleet.watchForDoubles(until: end, ledger)
        let tired = await withTaskGroup(of: SoakCaller.self) { group in
            for caller in callers {
                group.addTask {
                    var caller = caller
                    await caller.run { ContinuousClock.now >= end }
                    return caller
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        await faults
        await watch
        return tired
    }
}

extension SoakLedger {
    fileprivate func show(_ seed: UInt64) {
        let figures = figures
        print(
            "soak of a cluster: seed \(seed), \(FleetSoak.seconds) s, \(FleetSoak.callers) callers, "
                + "\(figures.total) operations, \(figures.retried) retried, "
                + "\(figures.violations.count) violations"
        )
        let counts = figures.operations.sorted { $0.key < $1.key }
        print("    " + counts.map { "\($0) \($1)" }.joined(separator: ", "))
    }
}

extension Fleet {
    fileprivate func watchForDoubles(until end: ContinuousClock.Instant, _ ledger: SoakLedger) async
    {
        while ContinuousClock.now < end {
            reportDoubles(to: ledger)
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// No name may be on two nodes: the end of an id is that of its name.
    fileprivate func reportDoubles(to ledger: SoakLedger) {
        let ids = nodes.flatMap(\.pools).flatMap(Files.objects).filter(Self.isWhole)
        let names = Dictionary(grouping: ids) { $0.prefix(2) + $0.suffix(32) }
        for (_, ids) in names where ids.count > 1 { ledger.report("one name twice: \(ids)") }
    }

    /// Half-made objects have other names.
    private static func isWhole(_ object: String) -> Bool {
        VolumeID(parsing: object) != nil || SnapshotID(parsing: object) != nil
    }

    /// Those that were there at the end, whose callers may never have been told of them.
    fileprivate func deleteSnapshots() async throws {
        for entry in try await insisting(on: ListSnapshotsRequest()).entries {
            let id = entry.snapshot?.snapshotID ?? ""
            _ = try await insisting(on: DeleteSnapshotRequest(snapshotID: id))
        }
    }

    fileprivate func expectNothingLeft() throws {
        let mounts = try MountTable.read().map(\.target)
        for node in nodes {
            #expect(node.pools.flatMap(Files.objects) == [], "\(node.name)")
            #expect(Leftovers.devices(beneath: "\(node.folder)/pools/") == [], "\(node.name)")
            #expect(mounts.filter { $0.hasPrefix("\(node.folder)/kubelet/") } == [], "\(node.name)")
            #expect(Paths.names(in: "\(node.folder)/usage") == [], "\(node.name)")
            #expect(Paths.names(in: "\(node.folder)/kubelet/pods") == [], "\(node.name)")
        }
    }
}
