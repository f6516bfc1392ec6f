import CSIServing
import HTTPServer
import Synchronization

/// The answers to kubelet's probes: whether the process is alive, has started, and can take calls.
///
/// Nothing here looks at a disk, at another process or at the network: a restart of the driver mends
/// none of them.
final class Health: Sendable {
    private enum State { case starting, serving, stopping }

    private let readiness: Readiness
    private let state = Mutex(State.starting)

    init(_ readiness: Readiness) { self.readiness = readiness }

    /// The sockets listen from now on.
    func serves() { state.withLock { $0 = .serving } }

    /// Running calls end, and no new ones are taken.
    func stops() { state.withLock { $0 = .stopping } }

    /// The page at `/healthz/live`, `/healthz/startup` or `/healthz/ready`; nil elsewhere.
    func page(at path: String) -> HTTPServer.Page? {
        switch path {
        case "/healthz/live": page(because: nil)
        case "/healthz/startup": page(because: reasonAgainstStarted)
        case "/healthz/ready": page(because: reasonAgainstReady)
        default: nil
        }
    }

    private var reasonAgainstStarted: String? {
        state.withLock(\.self) == .starting ? "the driver is starting" : nil
    }

    private var reasonAgainstReady: String? {
        switch state.withLock(\.self) {
        case .starting: "the driver is starting"
        case .stopping: "the driver is stopping"
        case .serving: readiness.isReady ? nil : "the tiers have not been opened yet"
        }
    }

    /// 503 with the reason, where there is one.
    private func page(because reason: String?) -> HTTPServer.Page {
        HTTPServer.Page(
            status: reason == nil ? 200 : 503,
            contentType: "text/plain; charset=utf-8",
            text: (reason ?? "ok") + "\n"
        )
    }
}
