import DriverCore
import DriverHarness
import Testing

/// The driver dies after a step, starts again, and the call is repeated.
@Suite(.serialized, .cluster(.ext4Thin, poolSize: .gibibytes(1)), .timeLimit(.minutes(15)))
struct `Kills on a pool without reflink` {
    @Test(arguments: Trials.kills(on: .ext4Thin))
    func `a step that is cut short is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}

@Suite(.serialized, .cluster(.xfsThin, poolSize: .gibibytes(1)), .timeLimit(.minutes(15)))
struct `Kills on a pool with reflink` {
    @Test(arguments: Trials.kills(on: .xfsThin))
    func `a step that is cut short is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}

@Suite(.serialized, .cluster(.xfsThick, poolSize: .gibibytes(1)), .timeLimit(.minutes(15)))
struct `Kills on a thick pool` {
    @Test(arguments: Trials.kills(on: .xfsThick))
    func `a step that is cut short is whole after the retry`(_ trial: Trial) async throws {
        try await trial.run(in: try Cluster.here())
    }
}
