package import GRPCRuntime
package import Testing

/// Expects a call to end with a code, and with a message that says what matters to a person.
@discardableResult
package func expectFailure<Answer>(
    _ code: StatusCode,
    _ words: String...,
    at location: SourceLocation = #_sourceLocation,
    of body: () async throws -> Answer
) async -> String {
    do {
        let answer = try await body()
        Issue.record("OK instead of \(code.name): \(answer)", sourceLocation: location)
        return ""
    } catch let failure as RPCFailure {
        #expect(failure.code == code, "\(failure)", sourceLocation: location)
        for word in words {
            #expect(
                failure.message.contains(word),
                "\(failure) does not say '\(word)'",
                sourceLocation: location
            )
        }
        #expect(!failure.message.isEmpty, sourceLocation: location)
        return failure.message
    } catch {
        Issue.record(error, sourceLocation: location)
        return ""
    }
}
