import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT as two steps: the first asks to stop, the second ends the process at once.
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
                guard count.increment() == 1 else {
                    second()
                    _exit(128 + number)
                }
                first()
            }
            source.resume()
            return source
        }
    }

    package func cancel() { for source in unsafe sources { source.cancel() } }
}

private final class SignalCount: Sendable {
    private let count = Atomic(0)
    func increment() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
