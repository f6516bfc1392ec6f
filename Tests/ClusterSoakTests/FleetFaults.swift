import DriverCore
import DriverHarness
import Glibc
import TestSupport

/// What goes wrong in a fleet while its callers call, chosen by a seed.
struct FleetFaults {
    enum Fault: String, CaseIterable {
        case kill, pull, drop, halt
    }

    let fleet: Fleet
    let ledger: SoakLedger
    let seed: UInt64

    /// Above the numbers of all callers.
    private static let number = 1000

    /// Makes faults of the controllers and of the nodes, each side one after the other.
    ///
    /// Each is over before the next, and before this returns.
    func run(until end: ContinuousClock.Instant) async {
        async let controllers: Void = run(on: fleet.controllers, until: end, number: Self.number)
        await run(on: fleet.nodes, until: end, number: Self.number + 1)
        await controllers
    }

    private func run(
        on members: [Cluster],
        until end: ContinuousClock.Instant,
        number: Int
    ) async {
        var step = 0
        while ContinuousClock.now < end {
            var decisions = Decisions(seed: seed, caller: number, step: step)
            step += 1
            try? await Task.sleep(for: .milliseconds(Int.random(in: 50...1500, using: &decisions)))
            let member = members[Int.random(in: members.indices, using: &decisions)]
            let fault = Fault.allCases[Int.random(in: 0..<4, using: &decisions)]
            // Mostly short; at times longer than the timeout of a call, and than a lease.
            let longest = [300, 300, 1500, 9000][Int.random(in: 0..<4, using: &decisions)]
            let pause = Duration.milliseconds(Int.random(in: 20...longest, using: &decisions))
            ledger.note(fault, of: member)
            do {
                try await make(fault, of: member, for: pause, &decisions)
            } catch {
                return ledger.report("\(member.name) does not come back after \(fault): \(error)")
            }
        }
    }

    private func make(
        _ fault: Fault,
        of member: Cluster,
        for pause: Duration,
        _ decisions: inout Decisions
    ) async throws {
        switch fault {
        case .kill:
            try await member.driver.stop(SIGKILL)
            // As where a container's own folder holds the notes.
            if Bool.random(using: &decisions) { try member.loseNotes() }
            if Bool.random(using: &decisions) { try? await Task.sleep(for: pause) }
            try await member.driver.start()
        case .pull:
            try fleet.network.cut(member)
            try? await Task.sleep(for: pause)
            try fleet.network.mend(member)
        case .drop:
            try fleet.network.drop(member)
            try? await Task.sleep(for: pause)
            try fleet.network.mend(member)
        case .halt:
            member.driver.signal(SIGSTOP)
            try? await Task.sleep(for: pause)
            member.driver.signal(SIGCONT)
        }
    }
}

extension SoakLedger {
    fileprivate func note(_ fault: FleetFaults.Fault, of member: Cluster) {
        count("\(fault) of a \(member.pools.isEmpty ? "controller" : "node")")
    }
}
