import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// One story with one failpoint in it.
struct Trial: Sendable, CustomStringConvertible {
    let story: Story
    let point: Failpoint
    var passing = 1
    var action = Failpoint.Action.kill

    var description: String { "\(story): \(trap)" }

    private var trap: String { "\(point.name):\(action.rawValue):\(passing)" }

    private var traps: String { story.detour.isEmpty ? trap : "\(story.detour),\(trap)" }

    /// Runs the story up to the failpoint, then again, then looks at everything.
    func run(in cluster: Cluster) async throws {
        cluster.driver.setVariables([:])
        try await Bystander.make(in: cluster)
        var subject = Subject(in: cluster)
        try await story.prepare(cluster, &subject)
        cluster.driver.setVariables([Failpoint.variable: traps])
        try await cluster.driver.restart(SIGKILL)
        if action == .kill {
            try await beKilled(cluster, subject)
        } else {
            try await fail(cluster, subject)
        }
        try expectNothingFrozen(cluster)
        let answer = try await story.act(cluster, subject)
        #expect(try await story.act(cluster, subject) == answer, "a repeated call answers the same")
        try await story.verify(cluster, subject)
        try await cluster.removeAll(but: Bystander.of(cluster).volume, subject)
        try await Bystander.expectAlone(in: cluster)
    }

    private func beKilled(_ cluster: Cluster, _ subject: Subject) async throws {
        do {
            _ = try await story.act(cluster, subject)
            Issue.record("the failpoint was not reached")
            try await cluster.driver.stop(SIGKILL)
        } catch is RPCFailure {
            // What is dying already never sees this signal; what lives on ends by it.
            let end = try await cluster.driver.stop(SIGTERM)
            #expect(end == .signalled(SIGKILL), "the failpoint was not reached")
        }
        cluster.driver.setVariables([:])
        try await cluster.driver.start()
        #expect(cluster.entries().filter { $0.contains("/.") }.isEmpty, "the start left drafts")
    }

    private func fail(_ cluster: Cluster, _ subject: Subject) async throws {
        do {
            _ = try await story.act(cluster, subject)
            Issue.record("the failpoint was not reached")
        } catch let failure as RPCFailure {
            #expect(Self.codes.contains(failure.code), "\(failure)")
            #expect(failure.message.contains("failpoint"), "\(failure)")
            guard !Self.retried.contains(failure.code) else { return }
            let remnants = try await story.remnants(cluster, subject)
            #expect(remnants.isEmpty, "\(failure) is final, and leaves \(remnants)")
        }
    }

    /// After these a sidecar asks again; after any other it believes that nothing is left.
    private static let retried: [StatusCode] = [.unavailable, .aborted]
    private static let codes: [StatusCode] =
        retried + [.resourceExhausted, .failedPrecondition, .internalError]

    private func expectNothingFrozen(_ cluster: Cluster) throws {
        for mount in try cluster.volumeMounts() {
            #expect(!Entries.isFrozen(mount), "\(mount) is frozen")
        }
    }
}

extension Cluster {
    func mountTargets(beneath prefix: String) throws -> [String] {
        try MountTable.read().map(\.target).filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// Takes everything back that a story has made.
    func removeAll(but kept: String, _ subject: Subject) async throws {
        let handle = subject.volume.isEmpty ? subject.name : subject.volume
        try await unpublish(handle, from: subject.target)
        for volume in try await volumes() where volume != kept {
            try await unstage(volume)
            try await delete(volume)
        }
        for snapshot in try await snapshots() { try await deleteSnapshot(snapshot) }
    }
}
