import BackendLoop
import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// A start that cleans up is cut short, or cannot clean up.
@Suite(.serialized, .cluster(.xfsThin, poolSize: .gibibytes(1)), .timeLimit(.minutes(15)))
struct `Starts after a crash` {
    static let steps: [Failpoint] = [.deleteDataCut, .deleteFileUnlinked, .deleteFolderRemoved]

    @Test(arguments: steps)
    func `a clean-up that is killed is finished by the next start`(_ step: Failpoint) async throws {
        let cluster = try Cluster.here()
        let subject = try await leaveDraft(in: cluster)
        cluster.driver.setVariables([Failpoint.variable: "\(step.name):kill"])
        await #expect(throws: DriverError.self) { try await cluster.driver.start() }
        #expect(try await cluster.driver.stop(nil) == .signalled(SIGKILL))
        cluster.driver.setVariables([:])
        try await cluster.driver.start()
        #expect(cluster.entries() == ["volumes/\(Bystander.of(cluster).volume)"])
        _ = try await cluster.create(subject.name)
        try await cluster.removeAll(but: Bystander.of(cluster).volume, subject)
        try await Bystander.expectAlone(in: cluster)
    }

    @Test(arguments: [Failpoint.deleteDataCut, .deleteFileUnlinked])
    func `a clean-up that fails keeps nobody away, and the retry does it`(_ step: Failpoint)
        async throws
    {
        let cluster = try Cluster.here()
        let subject = try await leaveDraft(in: cluster)
        cluster.driver.setVariables([Failpoint.variable: "\(step.name):eio"])
        try await cluster.driver.start()
        #expect(cluster.entries().contains { $0.contains("/.creating-") })
        try expectFilled(Bystander.of(cluster).target)
        _ = try await cluster.create(subject.name)
        #expect(!cluster.entries().contains { $0.contains("/.creating-") })
        cluster.driver.setVariables([:])
        try await cluster.removeAll(but: Bystander.of(cluster).volume, subject)
        try await Bystander.expectAlone(in: cluster)
    }

    @Test func `what a start cannot explain is told and left alone`() async throws {
        let cluster = try Cluster.here()
        cluster.driver.setVariables([:])
        try await cluster.driver.restart(SIGKILL)
        try await Bystander.make(in: cluster)
        var subject = Subject(in: cluster)
        try await cluster.makeUsedSource(&subject)
        let device = try #require(cluster.devices(of: subject.volume).first)
        try await cluster.driver.stop(SIGKILL)
        let shelf = "\(cluster.pools[0].directory)/volumes"
        try Tool.run("/usr/bin/rm", "-r", "\(shelf)/\(subject.volume)")
        try Tool.run("/usr/bin/mkdir", "\(shelf)/not-ours")
        try await cluster.driver.start()
        let warnings = try cluster.driver.log().filter { $0["level"] == "warning" }
        let told = warnings.first { $0["device"] == device }
        #expect(told?["file"]?.hasSuffix("/\(subject.volume)/data") == true)
        #expect(told?["mounted_on"]?.contains(subject.target) == true)
        #expect(warnings.contains { $0["path"] == "\(shelf)/not-ours" })
        try expectFilled(subject.target)
        #expect(cluster.entries().contains("volumes/not-ours"))
        try Tool.run("/usr/bin/rmdir", "\(shelf)/not-ours")
        // The node's calls need no record; the device is left to who may need its data.
        try await cluster.letGo(subject)
        #expect(cluster.devices(of: subject.volume) == [device])
        try Tool.run("/usr/sbin/losetup", "-d", device)
        try await cluster.delete(subject.volume)
        try await Bystander.expectAlone(in: cluster)
    }

    @Test func `a word that is no failpoint is refused at the start`() async throws {
        let cluster = try Cluster.here()
        try await cluster.driver.stop(SIGKILL)
        for wrong in ["create.nothing:kill", "create.renamed", "create.renamed:kill:0", "x:y:z"] {
            cluster.driver.setVariables([Failpoint.variable: wrong])
            await #expect(throws: DriverError.self) { try await cluster.driver.start() }
            #expect(try await cluster.driver.stop(nil) == .exited(1))
        }
        #expect(try cluster.driver.logText().contains("CAIRN_FAILPOINT"))
        cluster.driver.setVariables([:])
        try await cluster.driver.start()
    }

    /// Kills the driver in a create; answers with the driver stopped.
    private func leaveDraft(in cluster: Cluster) async throws -> Subject {
        cluster.driver.setVariables([:])
        try await cluster.driver.restart(SIGKILL)
        try await Bystander.make(in: cluster)
        let subject = Subject(in: cluster)
        cluster.driver.setVariables([Failpoint.variable: "create.completed:kill"])
        try await cluster.driver.restart(SIGKILL)
        await expectFailure(.unavailable) { try await cluster.create(subject.name) }
        #expect(try await cluster.driver.stop(SIGTERM) == .signalled(SIGKILL))
        return subject
    }
}
