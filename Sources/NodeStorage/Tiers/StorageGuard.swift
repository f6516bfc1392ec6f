internal import Backend
internal import DriverCore
internal import Host
internal import Synchronization

/// Guards the storage of one tier: opens it when it is first needed, and refuses callers while it
/// hangs.
///
/// Whoever asks after storage that may not be its own does so on a thread of the guard, and waits no
/// longer than the patience.
final class StorageGuard: Sendable {
    private enum State {
        /// Not opened yet. Can become `opening`.
        case closed
        /// One thread runs the start. Becomes `open`, or `closed` again where it fails.
        case opening(since: ContinuousClock.Instant)
        case open
    }

    /// A read that runs on a thread of the guard.
    struct PendingRead<Answer: Sendable> {
        fileprivate let answer: PendingAnswer<Answer>
        fileprivate let end: ContinuousClock.Instant
    }

    /// Trials may lose their threads, but come at twice the interval each time: sixteen threads
    /// last for days.
    private static let questionThreads = 16

    private let tier: String
    private let backend: any VolumeBackend
    private let patience: Duration
    private let state = Mutex(State.closed)
    private let watch: AnswerWatch
    private let threads = BlockingPool(threads: questionThreads)

    init(of tier: String, _ backend: any VolumeBackend, patience: Duration) {
        self.tier = tier
        self.backend = backend
        self.patience = patience
        watch = AnswerWatch(patience: patience)
    }

    /// Opens the storage if needed; waits no longer than the patience, and throws where it hangs.
    func open() throws(DriverError) {
        try waitUntilOpen()
        watch.forget(try admit(.question))
    }

    /// Runs `body` on this thread, which hangs if the storage does.
    func run<Answer: ~Copyable>(
        _ work: AnswerWatch.Work,
        _ body: () throws(DriverError) -> Answer
    ) throws(DriverError) -> Answer {
        try waitUntilOpen()
        let ticket = try admit(work)
        defer { watch.answered(ticket) }
        return try body()
    }

    /// Begins a read on a thread of the guard.
    func begin<Answer: Sendable>(
        _ question: @escaping @Sendable () throws(DriverError) -> Answer
    ) throws(DriverError) -> PendingRead<Answer> {
        let end = ContinuousClock.now + patience
        guard isOpen else {
            let answer = try threads.begin { () throws(DriverError) in
                try self.start()
                return try question()
            }
            return PendingRead(answer: answer, end: end)
        }
        return PendingRead(answer: try ask(try admit(.question), question), end: end)
    }

    /// The result of a read, if it comes within the patience.
    func answer<Answer>(to read: PendingRead<Answer>) throws(DriverError) -> Answer {
        if let answer = try read.answer.value(by: read.end) { return answer }
        if case .opening(let since) = state.withLock(\.self) { throw starting(since) }
        throw hanging(for: patience)
    }

    private var isOpen: Bool {
        state.withLock { if case .open = $0 { true } else { false } }
    }

    private func waitUntilOpen() throws(DriverError) {
        guard !isOpen else { return }
        let end = ContinuousClock.now + patience
        let pending = try threads.begin { () throws(DriverError) in try self.start() }
        try answer(to: PendingRead(answer: pending, end: end))
    }

    /// Starts the backend if it has not started yet.
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

    private func admit(_ work: AnswerWatch.Work) throws(DriverError) -> AnswerWatch.Ticket {
        switch watch.admit(work) {
        case .begin(let ticket): return ticket
        case .refuse(let duration): throw hanging(for: duration)
        case .trial(let ticket, let duration):
            // Its answer tells the watch, whatever it is.
            _ = try look(ticket)
            throw hanging(for: duration)
        case .lookFirst(let ticket):
            let end = ContinuousClock.now + patience
            try answer(to: PendingRead(answer: try look(ticket), end: end))
            return watch.begin(work)
        }
    }

    /// Checks whether the storage answers at all; an error is an answer too.
    private func look(_ ticket: AnswerWatch.Ticket) throws(DriverError) -> PendingAnswer<Void> {
        try ask(ticket) { [backend] in try? backend.checkHealth() }
    }

    private func ask<Answer: Sendable>(
        _ ticket: AnswerWatch.Ticket,
        _ question: @escaping @Sendable () throws(DriverError) -> Answer
    ) throws(DriverError) -> PendingAnswer<Answer> {
        do throws(DriverError) {
            return try threads.begin { () throws(DriverError) in
                defer { self.watch.answered(ticket) }
                return try question()
            }
        } catch {
            watch.forget(ticket)
            throw error
        }
    }

    private func starting(_ since: ContinuousClock.Instant) -> DriverError {
        DriverError(
            .unavailable,
            "tier '\(tier)' has been starting for \((.now - since).components.seconds) s; retry "
                + "later; if it still does not start, check its disk and the node's kernel log"
        )
    }

    private func hanging(for duration: Duration) -> DriverError {
        DriverError(
            .unavailable,
            "tier '\(tier)' has not answered for \(duration.components.seconds) s: its storage "
                + "hangs; check its disk and the node's kernel log"
        )
    }
}
