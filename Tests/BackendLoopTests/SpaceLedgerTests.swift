import DriverCore
import Testing

@testable import BackendLoop

@Suite(.timeLimit(.minutes(5)))
struct SpaceLedgerTests {
    private let usage = StorageFigures(total: .gibibytes(100), available: .gibibytes(50))

    private func ledger(
        isThick: Bool,
        overcommit: Double = 1,
        reserve: Reserve = .bytes(.zero)
    ) -> SpaceLedger {
        SpaceLedger(
            policy: SpaceLedger.Policy(
                tier: "gold",
                isThick: isThick,
                overcommit: overcommit,
                reserve: reserve
            )
        )
    }

    @Test
    func `a thick tier offers what is free but for debts, requests in flight and the reserve`() {
        var ledger = ledger(isThick: true, reserve: .percent(10))
        #expect(ledger.capacity(usage).total == .gibibytes(90))
        let all = ledger.capacity(usage).available
        #expect(all < .gibibytes(40) && all > .gibibytes(39))
        ledger.setCharge(of: "a", to: Charge(owed: .gibibytes(10)))
        ledger.addPending(Charge(owed: .gibibytes(20)))
        let rest = ledger.capacity(usage).available
        #expect(rest < .gibibytes(10) && rest > .gibibytes(9))
        ledger.removePending(Charge(owed: .gibibytes(20)))
        ledger.setCharge(of: "a", to: nil)
        #expect(ledger.capacity(usage).available == all)
    }

    @Test
    func `a thin tier offers what the overcommit limit leaves`() {
        var ledger = ledger(isThick: false, overcommit: 1.5, reserve: .bytes(.gibibytes(20)))
        // 30 of the 50 free, less a little for the file system itself, 1.5 times.
        #expect(isNearly(ledger.capacity(usage).total, .gibibytes(45)))
        ledger.setCharge(of: "a", to: Charge(promised: .gibibytes(30)))
        ledger.addPending(Charge(promised: .gibibytes(10)))
        #expect(isNearly(ledger.capacity(usage).available, .gibibytes(5)))
        #expect(ledger.refusal(of: Charge(promised: .gibibytes(4)), usage) == nil)
        #expect(ledger.refusal(of: Charge(promised: .gibibytes(5)), usage) != nil)
    }

    /// Not more, and hardly less: the file system needs some for itself.
    private func isNearly(_ found: ByteCount, _ expected: ByteCount) -> Bool {
        found <= expected && found > expected - .mebibytes(200)
    }

    @Test
    func `at 1.0 a thin tier promises what can be had and nothing that others hold`() {
        var ledger = ledger(isThick: false)
        // Others hold 50 of the 100.
        #expect(isNearly(ledger.capacity(usage).available, .gibibytes(50)))
        ledger.setCharge(
            of: "a",
            to: Charge(promised: .gibibytes(60), allocated: .gibibytes(20))
        )
        #expect(isNearly(ledger.capacity(usage).total, .gibibytes(70)))
        #expect(isNearly(ledger.capacity(usage).available, .gibibytes(10)))
        // What is written moves from free to held, and the offer stays.
        ledger.setCharge(
            of: "a",
            to: Charge(promised: .gibibytes(60), allocated: .gibibytes(40))
        )
        let later = StorageFigures(total: .gibibytes(100), available: .gibibytes(30))
        #expect(isNearly(ledger.capacity(later).available, .gibibytes(10)))
    }

    @Test
    func `blocks that two files share are held once`() {
        var ledger = ledger(isThick: false)
        ledger.setCharge(
            of: "volume",
            to: Charge(promised: .gibibytes(20), allocated: .gibibytes(20))
        )
        ledger.setCharge(
            of: "snapshot",
            to: Charge(
                promised: .gibibytes(20),
                owed: .gibibytes(20),
                allocated: .gibibytes(20)
            )
        )
        // Overwriting the volume takes another 20 of the 50 that are free.
        #expect(isNearly(ledger.capacity(usage).available, .gibibytes(30)))
    }

    @Test
    func `a file that holds more than its promise lends nobody room`() {
        var ledger = ledger(isThick: false)
        ledger.setCharge(of: "a", to: Charge(promised: .gibibytes(1), allocated: .gibibytes(9)))
        #expect(isNearly(ledger.capacity(usage).available, .gibibytes(50)))
    }

    @Test
    func `below the floor a thin tier offers nothing and takes nothing`() {
        let ledger = ledger(isThick: false, overcommit: 100)
        let low = StorageFigures(total: .gibibytes(100), available: .gibibytes(4))
        #expect(ledger.capacity(low).available == .zero)
        let refusal = ledger.refusal(of: Charge(promised: .mebibytes(1)), low)
        #expect(refusal?.code == .outOfSpace)
        #expect(refusal?.message.contains("nearly full") == true)
        let enough = StorageFigures(total: .gibibytes(100), available: .gibibytes(6))
        #expect(ledger.refusal(of: Charge(promised: .mebibytes(1)), enough) == nil)
    }

    @Test
    func `tiers on one file system promise its room once, those on another all of theirs`() throws {
        let accounts = SpaceAccounts()
        let policies = [ledger(isThick: false), ledger(isThick: false, overcommit: 2)]
        let spaces = policies.map { Space(policy: $0.policy, in: accounts) }
        let thick = Space(policy: ledger(isThick: true).policy, in: accounts)
        for space in spaces + [thick] { space.place(on: 7) }
        let elsewhere = Space(policy: ledger(isThick: false).policy, in: accounts)
        elsewhere.place(on: 8)
        let running = try spaces[0].reserve(Charge(promised: .gibibytes(20)), usage: usage)
        #expect(isNearly(spaces[0].capacity(usage).available, .gibibytes(30)))
        #expect(isNearly(spaces[1].capacity(usage).available, .gibibytes(60)))
        #expect(isNearly(thick.capacity(usage).available, .gibibytes(30)))
        #expect(isNearly(elsewhere.capacity(usage).available, .gibibytes(50)))
        // At 2.0 the half of a promise is expected to be taken.
        spaces[1].setCharge(of: "a", to: Charge(promised: .gibibytes(40)))
        #expect(isNearly(spaces[0].capacity(usage).available, .gibibytes(10)))
        #expect(throws: DriverError.self) {
            _ = try spaces[0].reserve(Charge(promised: .gibibytes(11)), usage: usage)
        }
        running.end()
        #expect(isNearly(spaces[0].capacity(usage).available, .gibibytes(30)))
    }

    @Test
    func `files are measured again after a time, and where free space has grown`() {
        let space = Space(policy: ledger(isThick: false).policy)
        space.setCharge(of: "a", to: Charge(promised: .gibibytes(9), allocated: .gibibytes(8)))
        #expect(space.unmeasured(for: .seconds(3600), usage) == ["a"])
        #expect(space.unmeasured(for: .seconds(3600), usage) == nil)
        #expect(space.unmeasured(for: .zero, usage) == ["a"])
        let more = StorageFigures(total: .gibibytes(100), available: .gibibytes(52))
        #expect(space.unmeasured(for: .seconds(3600), more) == ["a"])
        #expect(space.unmeasured(for: .seconds(3600), usage) == nil)
        // What a delete gives back is known.
        space.setCharge(of: "a", to: nil)
        let deleted = StorageFigures(total: .gibibytes(100), available: .gibibytes(60))
        #expect(space.unmeasured(for: .seconds(3600), deleted) == nil)
    }

    @Test
    func `debts are measured in turn`() {
        let space = Space(policy: ledger(isThick: true).policy)
        space.setCharge(of: "small", to: Charge(owed: .gibibytes(1)))
        space.setCharge(of: "large", to: Charge(owed: .gibibytes(2)))
        space.setCharge(of: "none", to: Charge())
        #expect(space.debtors(notMeasuredFor: .seconds(60)) == ["large", "small"])
        space.lowerDebt(of: "large", to: .gibibytes(2))
        #expect(space.debtors(notMeasuredFor: .seconds(60)) == ["small"])
        #expect(space.debtors(notMeasuredFor: .zero) == ["small", "large"])
    }

    @Test(arguments: [true, false])
    func `nothing is ever negative`(isThick: Bool) {
        var ledger = ledger(isThick: isThick, reserve: .bytes(.gibibytes(200)))
        ledger.setCharge(of: "a", to: Charge(promised: .gibibytes(900), owed: .gibibytes(900)))
        let capacity = ledger.capacity(usage)
        #expect(capacity.total == .zero && capacity.available == .zero)
    }

    @Test
    func `a thin tier on a full disk offers nothing and takes nothing`() {
        let ledger = ledger(isThick: false, overcommit: 100, reserve: .bytes(.gibibytes(50)))
        #expect(ledger.capacity(usage).available == .zero)
        #expect(
            ledger.refusal(of: Charge(promised: .mebibytes(1)), usage)?.message
                .contains("the disk of tier") == true
        )
    }

    @Test
    func `a copy needs its bytes on the disk itself`() {
        let ledger = ledger(isThick: false, overcommit: 100)
        let copy = Charge(promised: .gibibytes(60), owed: .gibibytes(60))
        #expect(ledger.refusal(of: copy, usage)?.code == .outOfSpace)
    }

    @Test
    func `a limit beyond all numbers is the largest number`() {
        let ledger = ledger(isThick: false, overcommit: 1e18)
        #expect(ledger.capacity(usage).total == ByteCount(.max))
    }

    @Test
    func `a refusal names the tier and every figure`() throws {
        let ledger = ledger(isThick: false, overcommit: 1, reserve: .bytes(.gibibytes(1)))
        let error = try #require(
            ledger.refusal(of: Charge(promised: .gibibytes(200)), usage)
        )
        #expect(error.code == .outOfSpace)
        for part in [
            "gold", "200Gi (214748364800 bytes)", "48.95Gi (", "1Gi (1073741824 bytes) reserved",
        ] {
            #expect(error.message.contains(part))
        }
    }

    @Test
    func `a reservation counts until it ends`() throws {
        let space = Space(policy: ledger(isThick: false).policy)
        let first = try space.reserve(Charge(promised: .gibibytes(30)), usage: usage)
        #expect(throws: DriverError.self) {
            _ = try space.reserve(Charge(promised: .gibibytes(30)), usage: usage)
        }
        first.end()
        first.end()
        try space.reserve(Charge(promised: .gibibytes(49)), usage: usage).end()
        #expect(isNearly(space.capacity(usage).available, .gibibytes(50)))
    }

    @Test
    func `a copy gives back of its promise what it has written`() throws {
        let space = Space(policy: ledger(isThick: false).policy)
        let copy = try space.reserve(
            Charge(promised: .gibibytes(20), owed: .gibibytes(10)),
            usage: usage
        )
        copy.lowerDebt(to: .gibibytes(2))
        let later = StorageFigures(total: .gibibytes(100), available: .gibibytes(42))
        #expect(isNearly(space.capacity(later).available, .gibibytes(30)))
    }
}
