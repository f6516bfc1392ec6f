internal import Synchronization

/// Whether storage answers, told by the questions that it was asked.
///
/// It hangs while a question has waited for longer than the patience, and none that was asked later
/// has been answered. Then nobody else needs to wait to learn the same, but now and then one
/// question is let through as a trial, so that storage that is back is noticed.
final class AnswerWatch: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Admission {
        case ask(Instant)
        /// Nobody should wait for this one.
        case trial(Instant, hangingFor: Duration)
        case refuse(hangingFor: Duration)
    }

    private struct State {
        /// When each question without an answer was asked, oldest first.
        var waiting: [Instant] = []
        var lastAsked: Instant
        /// When the latest of those that were answered had been asked.
        var lastAnswered: Instant

        mutating func ask(_ now: Instant) {
            waiting.append(now)
            lastAsked = now
        }

        mutating func forget(_ asked: Instant) {
            if let index = waiting.firstIndex(of: asked) { waiting.remove(at: index) }
        }
    }

    private let patience: Duration
    private let state: Mutex<State>

    init(patience: Duration) {
        self.patience = patience
        let now = Instant.now
        state = Mutex(State(lastAsked: now, lastAnswered: now))
    }

    /// Whether to ask now; what is asked must end with ``answered(_:)`` or ``forget(_:)``.
    func admit() -> Admission {
        state.withLock { state in
            let now = Instant.now
            let oldest = state.waiting.first { $0 > state.lastAnswered }
            guard let oldest, now - oldest > patience else {
                state.ask(now)
                return .ask(now)
            }
            // Each trial may be lost with its thread, so they come at twice the interval each time.
            let interval = max(patience, state.lastAsked - oldest)
            guard now - state.lastAsked > interval else {
                return .refuse(hangingFor: now - oldest)
            }
            state.ask(now)
            return .trial(now, hangingFor: now - oldest)
        }
    }

    /// The question of that time has been answered; an error is an answer too.
    func answered(_ asked: Instant) {
        state.withLock { state in
            state.forget(asked)
            state.lastAnswered = max(state.lastAnswered, asked)
        }
    }

    /// The question was not asked after all.
    func forget(_ asked: Instant) { state.withLock { $0.forget(asked) } }
}
