import Dispatch
import Glibc

/// A signal that asks a running process for something, such as SIGHUP.
package final class AskSignal: Sendable {
    /// Dispatch sources may be used from any thread; their type does not say so.
    private nonisolated(unsafe) let source: any DispatchSourceSignal

    /// Runs the body once for each signal, or once for several that came close together.
    package init(_ number: CInt, _ body: @escaping @Sendable () -> Void) {
        // The default action would end the process before the source is told.
        signal(number, SIG_IGN)
        unsafe source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        unsafe source.setEventHandler(handler: body)
        unsafe source.resume()
    }

    package func cancel() { unsafe source.cancel() }
}
