package import DriverCore

/// Runs an operation once for each call that it makes to the backend, with that call failing, until
/// one run meets no failure.
///
/// `judge` sees the error of a failed run and the name of the call; `retry` runs after each run with
/// a failure, and must bring the backend to where the next run can begin.
package func failingEveryStep(
    of backend: ScriptedBackend,
    with code: DriverError.Code = .hostFailure,
    run: () async throws -> Void,
    judge: (DriverError, String) async throws -> Void,
    retry: (String) async throws -> Void
) async throws -> [String] {
    var steps: [String] = []
    for count in 0..<100 {
        backend.fail(after: count, with: code)
        var failure: DriverError?
        do { try await run() } catch let error as DriverError { failure = error }
        guard let step = backend.endScript() else {
            if let failure { throw failure }
            return steps
        }
        steps.append(step)
        if let failure { try await judge(failure, step) }
        try await retry(step)
    }
    throw DriverError(.hostFailure, "the operation has more than 100 steps")
}
