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
        #expect(ledger.capacity(usage).total == .gibibytes(120))
        ledger.setCharge(of: "a", to: Charge(promised: .gibibytes(100)))
        ledger.addPending(Charge(promised: .gibibytes(15)))
        #expect(ledger.capacity(usage).available == .gibibytes(5))
        #expect(ledger.refusal(of: Charge(promised: .gibibytes(5)), usage: usage) == nil)
        #expect(ledger.refusal(of: Charge(promised: .gibibytes(6)), usage: usage) != nil)
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
            ledger.refusal(of: Charge(promised: .mebibytes(1)), usage: usage)?.message
                .contains("the disk below") == true
        )
    }

    @Test
    func `a copy needs its bytes on the disk itself`() {
        let ledger = ledger(isThick: false, overcommit: 100)
        let copy = Charge(promised: .gibibytes(60), owed: .gibibytes(60))
        #expect(ledger.refusal(of: copy, usage: usage)?.code == .outOfSpace)
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
            ledger.refusal(of: Charge(promised: .gibibytes(200)), usage: usage)
        )
        #expect(error.code == .outOfSpace)
        for part in ["gold", "200Gi", "99Gi", "1Gi"] {
            #expect(error.message.contains(part))
        }
    }

    @Test
    func `a reservation counts until it ends`() throws {
        let space = Space(policy: ledger(isThick: false).policy)
        let first = try space.reserve(Charge(promised: .gibibytes(60)), usage: usage)
        #expect(throws: DriverError.self) {
            _ = try space.reserve(Charge(promised: .gibibytes(60)), usage: usage)
        }
        first.end()
        first.end()
        try space.reserve(Charge(promised: .gibibytes(100)), usage: usage).end()
        #expect(space.capacity(usage).available == .gibibytes(100))
    }
}
