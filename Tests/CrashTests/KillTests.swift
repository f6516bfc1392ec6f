import DriverCore
import DriverHarness
import Testing

/// The driver dies after a step, starts again, and the call is repeated.
@Suite(.serialized, .crashing(.ext4Thin), .timeLimit(.minutes(15)))
struct `Kills on a pool without reflink` {
    @Test(arguments: Trials.kills(on: .ext4Thin))
    func `a step that is cut short is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}

@Suite(.serialized, .crashing(.xfsThin), .timeLimit(.minutes(15)))
struct `Kills on a pool with reflink` {
    @Test(arguments: Trials.kills(on: .xfsThin))
    func `a step that is cut short is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}

@Suite(.serialized, .crashing(.xfsThick), .timeLimit(.minutes(15)))
struct `Kills on a thick pool` {
    @Test(arguments: Trials.kills(on: .xfsThick))
    func `a step that is cut short is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}
