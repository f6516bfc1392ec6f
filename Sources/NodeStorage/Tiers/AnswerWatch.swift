internal import Synchronization

/// Detects storage that does not answer, from the work that it was given.
///
/// It hangs while a question has waited for longer than the patience, and none that was asked later
/// has been answered. Then nobody else needs to wait to learn the same, but now and then one
/// question is let through as a trial, so that storage that is back is noticed.
///
/// A change may take long without a hang: a copy does. One that has gone on for longer than the
/// patience only makes the next caller look first whether the storage answers.
final class AnswerWatch: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Work { case question, change }

    /// Work that has begun, which must end with ``answered(_:)`` or ``forget(_:)``.
    struct Ticket {
        fileprivate let began: Instant
        fileprivate let work: Work
    }

    enum Admission {
        case begin(Ticket)
        /// Begin once a read with this ticket was answered in time.
        case lookFirst(Ticket)
        /// A read that shows whether the storage answers again; no caller should wait for it.
        case trial(Ticket, hangingFor: Duration)
        case refuse(hangingFor: Duration)
    }

    private struct State {
        /// When each unanswered read began, oldest first.
        var questions: [Instant] = []
        /// When each running change began, oldest first.
        var changes: [Instant] = []
        var lastAsked: Instant
        /// When the most recent read that was answered had begun.
        var lastAnswered: Instant

        mutating func begin(_ work: Work, _ now: Instant) -> Ticket {
            switch work {
            case .question:
                questions.append(now)
                lastAsked = now
            case .change: changes.append(now)
            }
            return Ticket(began: now, work: work)
        }

        mutating func forget(_ ticket: Ticket) {
            switch ticket.work {
            case .question: questions.removeFirst(ticket.began)
            case .change: changes.removeFirst(ticket.began)
            }
        }

        /// Whether a change has run for so long, without an answer to any other work, that the
        /// storage may hang.
        func isDoubtful(_ now: Instant, _ patience: Duration) -> Bool {
            guard let oldest = changes.first else { return false }
            return now - max(oldest, lastAnswered) > patience
        }
    }

    private let patience: Duration
    private let state: Mutex<State>

    init(patience: Duration) {
        self.patience = patience
        let now = Instant.now
        state = Mutex(State(lastAsked: now, lastAnswered: now))
    }

    /// Whether to begin work of that kind now.
    func admit(_ work: Work) -> Admission {
        state.withLock { state in
            let now = Instant.now
            let oldest = state.questions.first { $0 > state.lastAnswered }
            guard let oldest, now - oldest > patience else {
                // One look tells for all: who comes while it waits is not sent to look as well.
                let looks = oldest == nil && state.isDoubtful(now, patience)
                return looks
                    ? .lookFirst(state.begin(.question, now)) : .begin(state.begin(work, now))
            }
            // Each trial may be lost with its thread, so they come at twice the interval each time.
            let interval = max(patience, state.lastAsked - oldest)
            guard now - state.lastAsked > interval else {
                return .refuse(hangingFor: now - oldest)
            }
            return .trial(state.begin(.question, now), hangingFor: now - oldest)
        }
    }

    /// Begins work of that kind, whether the storage answers or not.
    func begin(_ work: Work) -> Ticket { state.withLock { $0.begin(work, .now) } }

    /// The work has ended; an error is an answer too.
    func answered(_ ticket: Ticket) {
        state.withLock { state in
            state.forget(ticket)
            state.lastAnswered = max(state.lastAnswered, ticket.began)
        }
    }

    /// The work was not begun after all.
    func forget(_ ticket: Ticket) { state.withLock { $0.forget(ticket) } }
}

extension [ContinuousClock.Instant] {
    fileprivate mutating func removeFirst(_ instant: Element) {
        if let index = firstIndex(of: instant) { remove(at: index) }
    }
}
