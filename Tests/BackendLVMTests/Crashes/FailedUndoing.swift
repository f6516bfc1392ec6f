import BackendLVM
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// One story that fails, and whose leftover cannot be removed then.
struct FailedUndoing: Sendable, CustomStringConvertible {
    /// What the caller does then.
    enum Sequel: Sendable, CaseIterable {
        case retry
        /// Deletes what was about to be made or changed.
        case abandon
    }

    let story: CrashStory
    /// The command behind which it fails.
    let passing: Int
    let sequel: Sequel

    var description: String { "\(story) after command \(passing), \(sequel)" }

    func run(at site: CrashSite) async throws {
        try await site.start()
        let subject = CrashSubject(in: site.cluster)
        try await story.prepare(site, subject)
        try await fail(site, subject)
        try site.arm("")
        switch sequel {
        case .retry:
            let answer = try await story.act(site, subject)
            #expect(try await story.act(site, subject) == answer)
            try await story.verify(site, subject)
            try await site.removeAll()
        case .abandon:
            try await site.cluster.delete(subject.volume)
            try await site.cluster.deleteSnapshot(subject.snapshot)
        }
        try site.expectEmpty()
    }

    private func fail(_ site: CrashSite, _ subject: CrashSubject) async throws {
        let (done, next) = (Failpoint.lvmCommandDone.name, Failpoint.lvmCommandNext.name)
        try site.arm("\(done):enospc:\(passing),\(next):enospc:\(passing + 1)")
        await expectFailure(.aborted, "failpoint", "retry") {
            try await story.act(site, subject)
        }
        #expect(try site.picture().halfMade != [])
    }

    static func all(_ kind: TestTier.Kind) -> [FailedUndoing] {
        switch kind {
        case .thick:
            [
                FailedUndoing(story: .create(kind), passing: 1, sequel: .retry),
                FailedUndoing(story: .clone(kind), passing: 2, sequel: .retry),
                FailedUndoing(story: .clone(kind), passing: 2, sequel: .abandon),
                FailedUndoing(story: .snapshot(kind), passing: 1, sequel: .abandon),
                FailedUndoing(story: .expand(kind), passing: 1, sequel: .retry),
                FailedUndoing(story: .expand(kind), passing: 1, sequel: .abandon),
            ]
        case .thin:
            [
                FailedUndoing(story: .largerRestore(kind), passing: 1, sequel: .retry),
                FailedUndoing(story: .largerRestore(kind), passing: 2, sequel: .abandon),
            ]
        }
    }
}
