import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT as two steps: the first asks to stop, a later one ends the process at once.
package final class StopSignals: Sendable {
    /// Dispatch sources may be used from any thread; their type does not say so.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    package init(first: @escaping @Sendable () -> Void, second: @escaping @Sendable () -> Void) {
        let count = SignalCount()
        unsafe sources = [SIGTERM, SIGINT].map { number in
            // The default action would end the process before the source is told.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                switch count.next() {
                case .first: first()
                case .echo: break
                case .second:
                    second()
                    _exit(128 + number)
                }
            }
            source.resume()
            return source
        }
    }

    package func cancel() { for source in unsafe sources { source.cancel() } }
}

private final class SignalCount: Sendable {
    enum Meaning { case first, echo, second }

    /// timeout(1) and some shells signal the process and then its group: that is one request.
    private static let echoTime = Duration.milliseconds(500)

    private let began = Mutex<ContinuousClock.Instant?>(nil)

    func next() -> Meaning {
        began.withLock { began in
            guard let start = began else {
                began = .now
                return .first
            }
            return .now - start < Self.echoTime ? .echo : .second
        }
    }
}
