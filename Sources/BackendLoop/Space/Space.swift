import DriverCore
import Synchronization

/// The accounting of a pool: requests in flight are counted before their work begins, so that no
/// number of callers can be promised more than there is.
final class Space: Sendable {
    private struct State {
        var ledger: SpaceLedger
        /// While a load is running: the ids whose charge memory knows better than the load.
        var changed: Set<String>?
        var lastMeasured: ContinuousClock.Instant?
        var lastRelieved: ContinuousClock.Instant?
    }

    private let state: Mutex<State>
    let policy: SpaceLedger.Policy

    init(policy: SpaceLedger.Policy) {
        self.policy = policy
        state = Mutex(State(ledger: SpaceLedger(policy: policy)))
    }

    /// Takes the charge for a request, or says why it cannot be met.
    func reserve(_ charge: Charge, usage: StorageFigures) throws(DriverError) -> Reservation {
        let refusal = state.withLock { state -> DriverError? in
            if let refusal = state.ledger.refusal(of: charge, usage: usage) { return refusal }
            state.ledger.addPending(charge)
            return nil
        }
        if let refusal { throw refusal }
        return Reservation(charge, of: self)
    }

    func setCharge(of id: String, to charge: Charge?) {
        state.withLock { state in
            state.ledger.setCharge(of: id, to: charge)
            state.changed?.insert(id)
            // What an object gave back is worth a new look.
            if charge == nil { state.lastRelieved = nil }
        }
    }

    func charge(of id: String) -> Charge? { state.withLock { $0.ledger.objects[id] } }

    func capacity(_ usage: StorageFigures) -> (total: ByteCount, available: ByteCount) {
        state.withLock { $0.ledger.capacity(usage) }
    }

    fileprivate func replacePending(_ old: Charge, with new: Charge) {
        state.withLock { state in
            state.ledger.removePending(old)
            state.ledger.addPending(new)
        }
    }
}

/// Loading and measuring.
extension Space {
    func beginLoad() { state.withLock { $0.changed = [] } }

    /// Takes over the charges that a load has found, but for those that changed meanwhile.
    func finishLoad(_ loaded: [String: Charge]) {
        state.withLock { state in
            let changed = state.changed ?? []
            for id in Array(state.ledger.objects.keys) where !changed.contains(id) {
                state.ledger.setCharge(of: id, to: nil)
            }
            for (id, charge) in loaded where !changed.contains(id) {
                state.ledger.setCharge(of: id, to: charge)
            }
            state.changed = nil
        }
    }

    /// The objects to which something is owed, largest debt first; none where they were measured
    /// less than `interval` ago.
    func debtors(notMeasuredFor interval: Duration) -> [(id: String, owed: ByteCount)] {
        let now = ContinuousClock.now
        return state.withLock { state in
            if let last = state.lastMeasured, last.duration(to: now) < interval { return [] }
            state.lastMeasured = now
            return state.ledger.objects.filter { $0.value.owed > .zero }
                .map { (id: $0.key, owed: $0.value.owed) }.sorted { $0.owed > $1.owed }
        }
    }

    /// Whether it is worth looking for room before a request is refused: it costs a sync of the
    /// whole file system, so callers that repeat what cannot be met do not get it each time.
    func mayBeRelieved() -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            if let last = state.lastRelieved, last.duration(to: now) < .seconds(5) { return false }
            state.lastRelieved = now
            return true
        }
    }

    /// Lowers what is owed to an object that still exists.
    func lowerDebt(of id: String, to owed: ByteCount) {
        state.withLock { state in
            guard var charge = state.ledger.objects[id], owed < charge.owed else { return }
            charge.owed = owed
            state.ledger.setCharge(of: id, to: charge)
        }
    }
}

/// Space that a running request holds until ``end()``, or until nobody knows the request any more.
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

    /// Gives back what the file system itself counts as used by now.
    func owes(only rest: ByteCount) { replace { Charge(promised: $0.promised, owed: rest) } }

    private func replace(_ change: (Charge) -> Charge) {
        charge.withLock { charge in
            let changed = change(charge)
            space.replacePending(charge, with: changed)
            charge = changed
        }
    }
}
