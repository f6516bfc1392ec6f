import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// Which programs the real driver starts for its calls on LVM, counted by strace.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct ProgramCountTests {
    /// The names of what was started while the body ran, but for the modules that LVM had loaded.
    private func started(in cluster: Cluster, _ body: () async throws -> Void) async throws
        -> [String]
    {
        let before = try cluster.startedPrograms().count
        try await body()
        return try cluster.startedPrograms().dropFirst(before).map { program in
            program.split(separator: "/").last.map(String.init) ?? program
        }.filter { $0 != "modprobe" }
    }

    @Test
    func `a thin volume is made, cut, copied and deleted by one command each`()
        async throws
    {
        try await withDriver(.thin, isTraced: true) { cluster in
            // LVM has the metadata of a pool checked when it gets its first volume.
            _ = try await cluster.create("first")
            var (id, snapshot, copy) = ("", "", "")
            let made = try await started(in: cluster) {
                id = try await cluster.create("a").volumeID
            }
            let cut = try await started(in: cluster) {
                snapshot = try await cluster.snapshot(id, named: "s").snapshotID
            }
            let copied = try await started(in: cluster) {
                copy = try await cluster.create("b", from: .snapshot(snapshot)).volumeID
            }
            let looked = try await started(in: cluster) {
                _ = try await cluster.volumes()
                _ = try await cluster.capacity()
                _ = try await cluster.create("a")
            }
            var deleted = try await started(in: cluster) {
                try await cluster.deleteSnapshot(snapshot)
            }
            for id in [id, copy] {
                deleted += try await started(in: cluster) { try await cluster.delete(id) }
            }
            #expect([made, cut, copied, looked] == [["lvm"], ["lvm"], ["lvm"], []])
            #expect(deleted == ["lvm", "lvm", "lvm"])
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `a formatted volume is used without a program, and activated by one`(
        kind: TestTier.Kind
    ) async throws {
        try await withDriver(kind, isTraced: true) { cluster in
            let id = try await cluster.create("a").volumeID
            try await cluster.using(id) { _ in }
            let target = cluster.target()
            let calls: [(String, () async throws -> Void)] = [
                ("stage", { try await cluster.stage(id) }),
                ("publish", { try await cluster.publish(id, at: target) }),
                ("stats", { _ = try await cluster.stats(id, at: target) }),
                ("unpublish", { try await cluster.unpublish(id, from: target) }),
                ("unstage", { try await cluster.unstage(id) }),
            ]
            for (name, call) in calls {
                let programs = try await started(in: cluster, call)
                #expect(programs == [], "\(name)")
            }
            // As after a boot on which nothing was activated.
            try Guest.run("lvm", ["lvchange", "-an", "@cairn"])
            let staged = try await started(in: cluster) { try await cluster.stage(id) }
            try await cluster.unstage(id)
            let deleted = try await started(in: cluster) { try await cluster.delete(id) }
            #expect([staged, deleted] == [["lvm"], ["lvm"]])
        }
    }
}
