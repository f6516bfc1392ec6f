internal import DriverCore
internal import Synchronization

/// The operations that run now, and when they began; a kind that ran once is reported from then on.
final class RunningOperations: Sendable {
    struct Ticket: Hashable {
        fileprivate let kind: String
        fileprivate let number: UInt64
    }

    private struct State {
        var next: UInt64 = 0
        /// When each operation began, by its kind; the code has only few kinds.
        var kinds: [String: [UInt64: ContinuousClock.Instant]] = [:]
    }

    private let state = Mutex(State())

    func begin(_ kind: String) -> Ticket {
        state.withLock { state in
            state.next += 1
            state.kinds[kind, default: [:]][state.next] = .now
            return Ticket(kind: kind, number: state.next)
        }
    }

    func end(_ ticket: Ticket) {
        state.withLock { state in
            state.kinds[ticket.kind, default: [:]][ticket.number] = nil
        }
    }

    var count: Int { state.withLock { $0.kinds.values.reduce(0) { $0 + $1.count } } }

    var byKind: [Operations.Kind] {
        let now = ContinuousClock.now
        return state.withLock(\.kinds).sorted { $0.key < $1.key }.map { name, running in
            Operations.Kind(
                name: name,
                count: running.count,
                oldest: running.values.min().map { now - $0 } ?? .zero
            )
        }
    }
}
