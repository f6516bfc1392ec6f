import CGRPCShim
import Synchronization

/// What goes wrong with TLS in this process before there is a call, as a server or as a client.
///
/// A handshake has failed: C-core tells the reason and not whose connection it was. Or files have
/// changed and cannot be used. Nothing else leaves a trace of either.
package final class TLSFailures: Sendable {
    /// Gets OpenSSL's reason, and how many failures have come since the last one that was told.
    package typealias Observer = @Sendable (_ reason: String, _ untold: Int) -> Void

    private struct State {
        var observer: Observer?
        var lastTold: ContinuousClock.Instant?
        var untold = 0
    }

    /// A peer that tries again and again must not fill the log.
    private let interval: Duration
    private let state = Mutex(State())

    /// Those of this process.
    package static let ofProcess = TLSFailures(interval: .seconds(1))

    package init(interval: Duration) { self.interval = interval }

    /// Tells of failures from now on, of handshakes at most one in each interval.
    ///
    /// The observer must not wait.
    package func observe(_ observer: @escaping Observer) {
        state.withLock { $0.observer = observer }
    }

    /// Files fail once in a change, so that is always told.
    package func report(
        _ reason: String,
        isAboutFiles: Bool = false,
        at now: ContinuousClock.Instant = .now
    ) {
        let (observer, untold) = state.withLock { state -> (Observer?, Int) in
            if !isAboutFiles, let last = state.lastTold, now - last < interval {
                state.untold += 1
                return (nil, 0)
            }
            defer { (state.lastTold, state.untold) = (now, 0) }
            return (state.observer, state.untold)
        }
        observer?(reason, untold)
    }
}
