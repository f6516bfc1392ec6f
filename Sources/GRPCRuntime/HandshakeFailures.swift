import CGRPCShim
import Synchronization

/// TLS handshakes of this process that have failed, as a server or as a client.
///
/// C-core tells the reason and not whose connection it was. A refused client never makes a call, so
/// this is the only trace that it leaves.
package final class HandshakeFailures: Sendable {
    /// Gets OpenSSL's reason, and how many failures have come since the last one that was told.
    package typealias Observer = @Sendable (_ reason: String, _ untold: Int) -> Void

    private struct State {
        var observer: Observer?
        var lastTold: ContinuousClock.Instant?
        var untold = 0
    }

    /// A client that tries again and again must not fill the log.
    private let interval: Duration
    private let state = Mutex(State())

    /// Those of this process.
    package static let ofProcess = HandshakeFailures(interval: .seconds(1))

    package init(interval: Duration) { self.interval = interval }

    /// Tells of failures from now on, at most one in each interval; the observer must not wait.
    package func observe(_ observer: @escaping Observer) {
        state.withLock { $0.observer = observer }
    }

    package func report(_ reason: String, at now: ContinuousClock.Instant = .now) {
        let (observer, untold) = state.withLock { state -> (Observer?, Int) in
            if let last = state.lastTold, now - last < interval {
                state.untold += 1
                return (nil, 0)
            }
            defer { (state.lastTold, state.untold) = (now, 0) }
            return (state.observer, state.untold)
        }
        observer?(reason, untold)
    }
}
