import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime

/// A call that may take longer than one RPC should.
///
/// The driver goes on when a deadline passes, and answers the repeated call ABORTED, with how far
/// it has come, until it is done. So the call is repeated, each time as it was.
struct LongCall {
    let client: CSIClient
    let timeout: Duration
    /// As in "create volume 'data'".
    let what: String

    /// Short, so that progress is visible soon; doubled each time it passes, for drivers that start
    /// again with each call.
    private static let firstDeadline = Duration.seconds(2)
    private static let longestDeadline = Duration.seconds(60)
    private static let pause = Duration.milliseconds(250)

    func run<Request: CSIRequest>(_ request: Request) async throws -> Request.Response {
        let end = ContinuousClock.now + timeout
        var deadline = Self.firstDeadline
        var display = ProgressDisplay(what)
        defer { display.end() }
        while true {
            let failure: RPCFailure
            do throws(RPCFailure) {
                return try await client.call(request, timeout: min(deadline, timeout))
            } catch {
                failure = error
            }
            switch failure.code {
            case .deadlineExceeded: deadline = min(deadline * 2, Self.longestDeadline)
            case .aborted: display.show(percent: failure.progress)
            default: throw CommandFailure(failure, during: what)
            }
            guard ContinuousClock.now < end else { throw tooLate(failure) }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func tooLate(_ failure: RPCFailure) -> CommandFailure {
        let state = failure.code == .aborted ? ": \(failure.message)" : ""
        return CommandFailure(
            .unavailable,
            "waited \(timeout.components.seconds) s to \(what)\(state); the driver continues: "
                + "repeat the command to wait for it"
        )
    }
}
