import BackendLVM
import Host
import TestSupport
import Testing

/// The real driver on LVM, killed or failing at every step, with the call repeated or taken back.
@Suite(.serialized, .inGuest, .crashSite(.thick), .timeLimit(.minutes(15)))
struct ThickCrashTests {
    @Test(arguments: CrashTrials.kills(.thick))
    func `a step after which the driver is killed is whole after the retry`(
        _ trial: CrashTrial
    ) async throws {
        try await trial.run(at: try CrashSite.here())
    }

    @Test(arguments: CrashTrials.failures(.thick))
    func `a step that fails is whole after the retry`(_ trial: CrashTrial) async throws {
        try await trial.run(at: try CrashSite.here())
    }

    @Test(arguments: FailedUndoing.all(.thick))
    func `what cannot be undone is told, and goes with the next call`(
        _ trial: FailedUndoing
    ) async throws {
        try await trial.run(at: try CrashSite.here())
    }

    @Test
    func `every failpoint of LVM is gone through by kills and failures`() {
        let points = Set(Failpoint.ofLVM + Failpoint.ofDevices)
        for trials in [CrashTrials.kills(.thick), CrashTrials.failures(.thick)] {
            #expect(points.subtracting(trials.map(\.point)).isEmpty)
        }
    }
}

@Suite(.serialized, .inGuest, .crashSite(.thin), .timeLimit(.minutes(15)))
struct ThinCrashTests {
    @Test(arguments: CrashTrials.kills(.thin))
    func `a step after which the driver is killed is whole after the retry`(
        _ trial: CrashTrial
    ) async throws {
        try await trial.run(at: try CrashSite.here())
    }

    @Test(arguments: CrashTrials.failures(.thin))
    func `a step that fails is whole after the retry`(_ trial: CrashTrial) async throws {
        try await trial.run(at: try CrashSite.here())
    }

    @Test(arguments: FailedUndoing.all(.thin))
    func `what cannot be undone is told, and goes with the next call`(
        _ trial: FailedUndoing
    ) async throws {
        try await trial.run(at: try CrashSite.here())
    }
}
