import DriverCore
import Host
import Synchronization

/// Admits one caller at a time to storage that can hang, in the order in which they came.
///
/// A disk that does not answer holds the thread that asked it, and no signal ends that. Whoever
/// comes while one has been inside for longer than `patience` is refused at once, so the hang holds
/// one thread and is told to all; whoever waits already is refused after `patience`. It opens again
/// by itself when the one inside comes out.
final class Gate: Sendable {
    private struct Passage {
        let doing: String
        let since: ContinuousClock.Instant
    }

    private struct Waiter {
        let number: Int
        let doing: String
        let turn: Semaphore
    }

    private struct State {
        var inside: Passage?
        var waiters: [Waiter] = []
        var nextNumber = 0
    }

    /// What the gate protects: `volume group vg`.
    private let what: String
    private let patience: Duration
    private let state = Mutex(State())

    init(_ what: String, patience: Duration) {
        self.what = what
        self.patience = patience
    }

    /// The caller that hangs inside, and since when; nil where none does; does not wait.
    var trouble: String? { state.withLock { trouble(in: $0) } }

    /// Whether a caller is inside now.
    var isOccupied: Bool { state.withLock { $0.inside != nil } }

    /// The number of callers that wait now.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Runs the body when it is this caller's turn; messages to the others name it by `doing`:
    /// `lvcreate`.
    ///
    /// Throws `unavailable`, without having run the body, where it hangs inside or the turn does not
    /// come in time. Blocks its thread. The body must not pass the same gate.
    func pass<Result>(_ doing: String, _ body: () throws(DriverError) -> Result)
        throws(DriverError) -> Result
    {
        try enter(doing)
        defer { leave() }
        return try body()
    }

    private func enter(_ doing: String) throws(DriverError) {
        let waiter = try state.withLock { state throws(DriverError) -> Waiter? in
            guard state.inside != nil else {
                state.inside = Passage(doing: doing, since: .now)
                return nil
            }
            if let trouble = trouble(in: state) { throw DriverError(.unavailable, trouble) }
            let waiter = Waiter(number: state.nextNumber, doing: doing, turn: Semaphore())
            state.nextNumber += 1
            state.waiters.append(waiter)
            return waiter
        }
        guard let waiter, !waiter.turn.wait(within: patience) else { return }
        try giveUp(waiter)
    }

    /// Removes the waiter from the queue, unless its turn came at the last moment.
    private func giveUp(_ waiter: Waiter) throws(DriverError) {
        try state.withLock { state throws(DriverError) in
            guard let place = state.waiters.firstIndex(where: { $0.number == waiter.number })
            else { return }
            state.waiters.remove(at: place)
            let reason =
                trouble(in: state)
                ?? "other operations of \(what) took longer than \(patience); retry"
            throw DriverError(.unavailable, "\(waiter.doing) had to wait too long: \(reason)")
        }
    }

    private func leave() {
        state.withLock { state in
            guard let next = state.waiters.first else {
                state.inside = nil
                return
            }
            state.waiters.removeFirst()
            state.inside = Passage(doing: next.doing, since: .now)
            next.turn.signal()
        }
    }

    private func trouble(in state: State) -> String? {
        guard let inside = state.inside else { return nil }
        let passed = ContinuousClock.now - inside.since
        guard passed >= patience else { return nil }
        return "\(inside.doing) of \(what) has been hanging for \(passed.components.seconds) s; "
            + "check whether its disks answer (dmesg, dmsetup info); the driver continues when "
            + "they do"
    }
}
