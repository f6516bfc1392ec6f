import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// A command of LVM is killed between two changes of the kernel's devices, and the driver is not; what
/// stays suspended then is the matter of `KilledCommandTests`.
@Suite(.serialized, .inGuest, .timeLimit(.minutes(5)))
struct CutCommandTests {
    @Test
    func `a device without a volume keeps no name from the retry`() async throws {
        try await withTemporaryFolder { folder in
            defer { Leftovers.remove(beneath: folder.path) }
            let commands = try CutCommands(in: folder)
            let site = try await CrashSite(.thick, in: folder)
            do {
                try await cutSnapshot(by: commands, at: site)
            } catch {
                _ = try await site.cluster.driver.stop(SIGKILL)
                throw error
            }
            _ = try await site.cluster.driver.stop()
        }
    }

    private func cutSnapshot(by commands: CutCommands, at site: CrashSite) async throws {
        let story = CrashStory.snapshot(.thick)
        try commands.watch("lvcreate")
        _ = try await story.act(site, CrashSubject(in: site.cluster))
        try await site.removeAll()
        // The store of the snapshot has a device then, and no table.
        let call = try #require(
            try commands.calls().first { $0.changes("DM_TABLE_LOAD", "-cow") }
        )
        let subject = CrashSubject(in: site.cluster)
        try commands.kill("lvcreate", before: call)
        try await fail(story, site, subject)
        let answer = try await story.act(site, subject)
        #expect(try await story.act(site, subject) == answer)
        try await story.verify(site, subject)
        try await site.removeAll()
        try site.expectEmpty()
        #expect(site.devices(of: subject) == [])
    }

    private func fail(_ story: CrashStory, _ site: CrashSite, _ subject: CrashSubject)
        async throws
    {
        do {
            _ = try await story.act(site, subject)
            Issue.record("the command was not killed")
        } catch let failure as RPCFailure {
            #expect(failure.message.contains("signal 9"), "\(failure)")
            // The code is final.
            #expect(try site.picture() == site.empty, "\(failure)")
        }
        #expect(Suspended.devices() == [])
    }
}

extension CrashSite {
    /// What device mapper has of the subject.
    fileprivate func devices(of subject: CrashSubject) -> [String] {
        let digest = subject.volume.split(separator: "-").last ?? ""
        return Paths.names(in: "/dev/mapper").filter { $0.contains(digest) }
    }
}
