import DriverCore
import DriverHarness
import GRPCRuntime
import TestSupport

extension String {
    /// Whether anything has this path.
    var isThere: Bool { Paths.exists(self) }
}

/// Waits for what another process does; asking again is the wait.
func wait(for what: String, until isTrue: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !isTrue() {
        guard ContinuousClock.now < end else { throw DriverError(.timedOut, "no \(what) came") }
        await Task.yield()
    }
}

/// Repeats a call as a sidecar would, for as long as an earlier one still runs.
func retryingWhileAborted<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        do {
            return try await call()
        } catch let failure as RPCFailure where failure.code == .aborted {
            await Task.yield()
        }
    }
    throw DriverError(.timedOut, "the call is still answered ABORTED")
}
