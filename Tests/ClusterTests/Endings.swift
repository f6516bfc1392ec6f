import DriverHarness
import GRPCRuntime
import Testing

/// Expects that a sidecar would ask again, so that it does not believe anything of the volume yet.
func expectRetried<Answer>(
    _ result: Result<Answer, any Error>,
    at location: SourceLocation = #_sourceLocation
) {
    switch result {
    case .success(let answer):
        Issue.record("the call succeeded: \(answer)", sourceLocation: location)
    case .failure(let failure as RPCFailure):
        #expect(Fleet.isRetried(failure.code), "\(failure)", sourceLocation: location)
    case .failure(let error):
        Issue.record(error, sourceLocation: location)
    }
}

/// The same for a call that is made now.
func expectRetried<Answer>(
    at location: SourceLocation = #_sourceLocation,
    _ call: () async throws -> Answer
) async {
    do {
        expectRetried(.success(try await call()), at: location)
    } catch {
        expectRetried(Result<Answer, any Error>.failure(error), at: location)
    }
}
