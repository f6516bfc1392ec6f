import BackendLVM
import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// One story that is cut at one kind of failpoint, at one passing after the other.
struct CrashTrial: Sendable, CustomStringConvertible {
    let story: CrashStory
    let point: Failpoint
    var action = Failpoint.Action.kill
    /// The one passing to cut at; nil for each, until the operation is through.
    var passing: Int?

    var description: String {
        "\(story): \(point.name):\(action.rawValue)" + (passing.map { ":\($0)" } ?? "")
    }

    private static let mostPassings = 20

    /// Runs the story up to each failpoint, each time as the retry of the time before, then to its
    /// end; then looks at everything.
    func run(at site: CrashSite) async throws {
        try await site.start()
        let subject = CrashSubject(in: site.cluster)
        try await story.prepare(site, subject)
        let answer = try await cutAll(site, subject)
        try site.arm("")
        let last = try await story.act(site, subject)
        if let answer { #expect(last == answer, "a repeated call answers the same") }
        try await story.verify(site, subject)
        try await site.removeAll()
        try site.expectEmpty()
    }

    /// The answer of the attempt that was not cut any more, if there was one.
    private func cutAll(_ site: CrashSite, _ subject: CrashSubject) async throws -> String? {
        var number = passing ?? 1
        var cuts = 0
        while cuts < Self.mostPassings {
            let before = try site.picture()
            try site.arm("\(point.name):\(action.rawValue):\(number)")
            if let answer = try await attempt(site, subject, before) {
                #expect(passing == nil && cuts > 0, "the failpoint was not reached")
                #expect(!isAtCommand || cuts == story.commands)
                return answer
            }
            cuts += 1
            if passing != nil { return nil }
            // What the cut attempt has achieved for good, the next one does not pass again.
            if try site.picture() == before { number += 1 }
        }
        Issue.record("the operation does not come to its end")
        return nil
    }

    private var isAtCommand: Bool { [.lvmCommandNext, .lvmCommandDone].contains(point) }

    /// Calls once; answers nil where the call was cut.
    private func attempt(_ site: CrashSite, _ subject: CrashSubject, _ before: GroupPicture)
        async throws -> String?
    {
        do {
            return try await story.act(site, subject)
        } catch let failure as RPCFailure {
            guard action == .kill else {
                try site.judge(failure, of: story, before)
                return nil
            }
        }
        // What is dying already never sees this signal; what lives on ends by it.
        let end = try await site.cluster.driver.stop(SIGTERM)
        #expect(end == .signalled(SIGKILL), "the failpoint was not reached")
        try await site.start()
        #expect(try site.picture().halfMade == [], "the start left what is half-made")
        return nil
    }
}

extension CrashSite {
    /// After these a sidecar asks again; after any other it believes that nothing is left.
    private static let retried: [StatusCode] = [.unavailable, .aborted]

    /// Expects that the code is true.
    func judge(_ failure: RPCFailure, of story: CrashStory, _ before: GroupPicture) throws {
        #expect(failure.message.contains("failpoint"), "\(failure)")
        let after = try picture()
        #expect(after.halfMade == [] || failure.code == .aborted, "\(failure)")
        guard !Self.retried.contains(failure.code) else { return }
        #expect(failure.code == .resourceExhausted, "\(failure)")
        #expect(after == before || !story.isMaking, "\(failure) is final")
    }
}
