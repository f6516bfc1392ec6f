import DriverCore
import DriverHarness
import GRPCRuntime
import TestSupport

extension String {
    /// Whether anything has this path.
    var isThere: Bool { Paths.exists(self) }
}

/// Repeats a call as a sidecar would, for as long as an earlier one still runs.
func retryingWhileAborted<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
    let end = ContinuousClock.now + longestWait
    while ContinuousClock.now < end {
        do {
            return try await call()
        } catch let failure as RPCFailure where failure.code == .aborted {
            await Task.yield()
        }
    }
    throw DriverError(.timedOut, "the call is still answered ABORTED")
}
