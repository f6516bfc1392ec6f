internal import Backend
internal import DriverCore
internal import Host
internal import Synchronization

/// One back end, opened when it is first needed, whose storage may hang.
///
/// Whoever asks after storage that may not be its own does so on a thread of the tier, and waits no
/// longer than the patience.
final class Tier: Sendable {
    private enum State {
        /// Can become `opening`.
        case closed
        /// One thread runs the start. Becomes `open`, or `closed` again where it fails.
        case opening(since: ContinuousClock.Instant)
        case open
    }

    /// Trials may be lost with their threads; at twice the interval each time, so many last for
    /// days.
    private static let questionThreads = 16

    let backend: any VolumeBackend
    private let patience: Duration
    private let state = Mutex(State.closed)
    private let watch: AnswerWatch
    private let threads = BlockingPool(threads: questionThreads)

    init(_ backend: any VolumeBackend, patience: Duration) {
        self.backend = backend
        self.patience = patience
        watch = AnswerWatch(patience: patience)
    }

    var name: String { backend.tier }

    /// The back end, started, and not known to hang; waits for a start no longer than the patience.
    func open() throws(DriverError) -> any VolumeBackend {
        try waitUntilOpen()
        watch.forget(try admit())
        return backend
    }

    /// Asks on this thread, which hangs where the storage does.
    func ask<Answer>(
        _ question: (any VolumeBackend) throws(DriverError) -> Answer
    ) throws(DriverError) -> Answer {
        try waitUntilOpen()
        let asked = try admit()
        defer { watch.answered(asked) }
        return try question(backend)
    }

    /// Asks on a thread of the tier.
    func begin<Answer: Sendable>(
        _ question: @escaping @Sendable (any VolumeBackend) throws(DriverError) -> Answer
    ) throws(DriverError) -> PendingAnswer<Answer> {
        guard isOpen else {
            return try threads.begin { () throws(DriverError) in
                try self.start()
                return try question(self.backend)
            }
        }
        let asked = try admit()
        do throws(DriverError) {
            return try threads.begin { () throws(DriverError) in
                defer { self.watch.answered(asked) }
                return try question(self.backend)
            }
        } catch {
            watch.forget(asked)
            throw error
        }
    }

    /// What was begun, if the answer comes in time.
    func answer<Answer>(to pending: PendingAnswer<Answer>, by end: ContinuousClock.Instant)
        throws(DriverError) -> Answer
    {
        if let answer = try pending.value(by: end) { return answer }
        if case .opening(let since) = state.withLock(\.self) { throw starting(since) }
        throw hanging(for: patience)
    }

    private var isOpen: Bool {
        state.withLock { if case .open = $0 { true } else { false } }
    }

    private func waitUntilOpen() throws(DriverError) {
        guard !isOpen else { return }
        let pending = try threads.begin { () throws(DriverError) in try self.start() }
        try answer(to: pending, by: .now + patience)
    }

    /// Starts the back end if it has not started yet.
    ///
    /// Only one caller does: a start repairs leftovers and must not run twice at once. Others are
    /// told to come back, so that a disk that hangs holds up nobody else.
    private func start() throws(DriverError) {
        let before = state.withLock { state in
            defer { if case .closed = state { state = .opening(since: .now) } }
            return state
        }
        switch before {
        case .open: return
        case .opening(let since): throw starting(since)
        case .closed:
            do throws(DriverError) {
                try backend.start()
                state.withLock { $0 = .open }
            } catch {
                state.withLock { $0 = .closed }
                throw error
            }
        }
    }

    private func admit() throws(DriverError) -> ContinuousClock.Instant {
        switch watch.admit() {
        case .ask(let asked): return asked
        case .refuse(let duration): throw hanging(for: duration)
        case .trial(let asked, let duration):
            // Its answer tells the watch, whatever it is.
            _ = try threads.begin { () throws(DriverError) in
                defer { self.watch.answered(asked) }
                try self.backend.checkHealth()
            }
            throw hanging(for: duration)
        }
    }

    private func starting(_ since: ContinuousClock.Instant) -> DriverError {
        DriverError(
            .unavailable,
            "tier '\(name)' has been starting for \((.now - since).components.seconds) s; retry "
                + "later; if it stays so, check its disk and the node's kernel log"
        )
    }

    private func hanging(for duration: Duration) -> DriverError {
        DriverError(
            .unavailable,
            "tier '\(name)' has not answered for \(duration.components.seconds) s: its storage "
                + "hangs; check its disk and the node's kernel log"
        )
    }
}
