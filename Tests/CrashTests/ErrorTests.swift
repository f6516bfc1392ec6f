import DriverCore
import DriverHarness
import Testing

/// A step fails; the code of the answer is true, and the call is repeated.
@Suite(.serialized, .crashing(.ext4Thin), .timeLimit(.minutes(15)))
struct `Failures on a pool without reflink` {
    @Test(arguments: Trials.errors(on: .ext4Thin))
    func `a step that fails is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}

@Suite(.serialized, .crashing(.xfsThin), .timeLimit(.minutes(15)))
struct `Failures on a pool with reflink` {
    @Test(arguments: Trials.errors(on: .xfsThin))
    func `a step that fails is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}

@Suite(.serialized, .crashing(.xfsThick), .timeLimit(.minutes(15)))
struct `Failures on a thick pool` {
    @Test(arguments: Trials.errors(on: .xfsThick))
    func `a step that fails is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}
