import DriverCore
import Synchronization

/// The accounting of a pool.
///
/// Running requests are counted before their work begins, so that concurrent calls cannot be
/// promised more room than there is.
final class Space: Sendable {
    private let accounts: SpaceAccounts
    private let number: Int

    init(policy: SpaceLedger.Policy, in accounts: SpaceAccounts = SpaceAccounts()) {
        self.accounts = accounts
        number = accounts.open(policy)
    }

    /// Sets the file system of the pool.
    func place(on filesystem: UInt64) {
        accounts.with(number) { $0.filesystem = filesystem }
    }

    /// Takes the charge for a request, or throws why there is no room for it.
    func reserve(_ charge: Charge, usage: StorageFigures) throws(DriverError) -> Reservation {
        let refusal = accounts.with(number, usage) { account, disk -> DriverError? in
            if let refusal = account.ledger.refusal(of: charge, disk) { return refusal }
            account.ledger.addPending(charge)
            return nil
        }
        if let refusal { throw refusal }
        return Reservation(charge, of: self)
    }

    func setCharge(of id: String, to charge: Charge?) {
        accounts.with(number) { account in
            let old = account.ledger.objects[id]
            account.ledger.setCharge(of: id, to: charge)
            account.changed?.insert(id)
            guard charge == nil else { return }
            // What an object gave back is worth a new attempt, and no news to the measurement.
            account.lastRelieved = nil
            account.debtsMeasured[id] = nil
            guard let old, let last = account.filesMeasured else { return }
            account.filesMeasured = (last.at, last.available + old.held)
        }
    }

    /// Sets the promised size of a volume of a thin tier, and keeps its other figures.
    func setPromise(of id: String, to promised: ByteCount) {
        accounts.with(number) { account in
            var charge = account.ledger.objects[id] ?? Charge()
            charge.promised = promised
            account.ledger.setCharge(of: id, to: charge)
            account.changed?.insert(id)
        }
    }

    func charge(of id: String) -> Charge? { accounts.with(number) { $0.ledger.objects[id] } }

    func capacity(_ usage: StorageFigures) -> (total: ByteCount, available: ByteCount) {
        accounts.with(number, usage) { account, disk in account.ledger.capacity(disk) }
    }

    fileprivate func replacePending(_ old: Charge, with new: Charge) {
        accounts.with(number) { account in
            account.ledger.removePending(old)
            account.ledger.addPending(new)
        }
    }
}

/// Loading and measuring.
extension Space {
    func beginLoad() { accounts.with(number) { $0.changed = [] } }

    /// Takes over the charges of a load, except those that changed meanwhile.
    func finishLoad(_ loaded: [String: Charge]) {
        accounts.with(number) { account in
            let changed = account.changed ?? []
            for id in Array(account.ledger.objects.keys) where !changed.contains(id) {
                account.ledger.setCharge(of: id, to: nil)
            }
            for (id, charge) in loaded where !changed.contains(id) {
                account.ledger.setCharge(of: id, to: charge)
            }
            account.changed = nil
        }
    }

    /// The objects with debt that was not measured for `interval`, ordered: longest ago first, then
    /// the largest.
    func debtors(notMeasuredFor interval: Duration) -> [String] {
        let now = ContinuousClock.now
        return accounts.with(number) { account -> [String] in
            var debtors: [(id: String, owed: ByteCount, age: Duration)] = []
            for (id, charge) in account.ledger.objects where charge.owed > .zero {
                let measured = account.debtsMeasured[id]
                let age = measured.map { $0.duration(to: now) } ?? Self.never
                if age >= interval { debtors.append((id, charge.owed, age)) }
            }
            return debtors.sorted { ($0.age, $0.owed) > ($1.age, $1.owed) }.map(\.id)
        }
    }

    /// The age of a measurement that was never made.
    private static let never = Duration.seconds(1 << 40)

    /// Whether the caller may look for room now, before it refuses a request; counts as a search.
    ///
    /// A search costs a sync of the whole file system, so there is one in five seconds at most.
    func startRelief() -> Bool {
        let now = ContinuousClock.now
        return accounts.with(number) { account in
            if let last = account.lastRelieved, last.duration(to: now) < .seconds(5) {
                return false
            }
            account.lastRelieved = now
            return true
        }
    }

    /// Lowers an object's debt to what a measurement found; it never grows.
    func lowerDebt(of id: String, to owed: ByteCount) {
        accounts.with(number) { account in
            guard var charge = account.ledger.objects[id] else { return }
            account.debtsMeasured[id] = .now
            guard owed < charge.owed else { return }
            charge.owed = owed
            account.ledger.setCharge(of: id, to: charge)
        }
    }

    /// The objects whose files must be measured now; nil while the last measurement is still valid.
    ///
    /// Files that grow make the tier offer too little until they are measured again. Files that give
    /// blocks back make it offer too much, so it is free space that has grown which calls for it.
    func unmeasured(for interval: Duration, _ usage: StorageFigures) -> [String]? {
        let now = ContinuousClock.now
        return accounts.with(number) { account in
            if let last = account.filesMeasured, last.at.duration(to: now) < interval {
                let margin = SpaceLedger.overhead(of: last.available)
                guard usage.available > last.available + margin else { return nil }
            }
            account.filesMeasured = (now, usage.available)
            return Array(account.ledger.objects.keys)
        }
    }

    /// Sets how much each file was measured to hold.
    func setAllocated(_ measured: [String: ByteCount]) {
        accounts.with(number) { account in
            for (id, allocated) in measured {
                guard var charge = account.ledger.objects[id], charge.allocated != allocated else {
                    continue
                }
                charge.allocated = allocated
                account.ledger.setCharge(of: id, to: charge)
            }
        }
    }
}

/// Space that a running request holds until ``end()``, or until its last reference goes.
///
/// The object's own charge is set before the end, so for an instant both count: too much, never too
/// little.
final class Reservation: Sendable {
    private let space: Space
    private let charge: Mutex<Charge>

    fileprivate init(_ charge: Charge, of space: Space) {
        self.charge = Mutex(charge)
        self.space = space
    }

    deinit { end() }

    func end() { replace { _ in Charge() } }

    /// Lowers what is owed to `rest`: the file system itself counts the other part as used by now.
    func lowerDebt(to rest: ByteCount) {
        replace { charge in
            Charge(promised: charge.promised - (charge.owed - rest), owed: rest)
        }
    }

    private func replace(_ change: (Charge) -> Charge) {
        charge.withLock { charge in
            let changed = change(charge)
            space.replacePending(charge, with: changed)
            charge = changed
        }
    }
}
