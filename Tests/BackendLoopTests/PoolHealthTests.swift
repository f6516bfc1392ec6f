import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// What the metrics and doctor are told of a pool that cannot take what it is asked to.
@Suite(.timeLimit(.minutes(5)))
struct PoolHealthTests {
    private func run(_ program: String, _ arguments: String...) throws {
        let command = HostCommand(program: program, arguments: arguments)
        let output = try command.run(deadline: .seconds(60))
        #expect(output.exitCode == 0, "\(output.complaint)")
    }

    @Test(arguments: PoolKind.all)
    func `a read-only pool cannot serve and has no room, until it is writable again`(
        _ kind: PoolKind
    ) throws {
        try withPool(kind) { pool in
            #expect(try pool.backend.health().problems == [])
            try run("/usr/bin/mount", "-o", "remount,ro", pool.path)
            let health = try pool.backend.health()
            #expect(!health.isUp)
            #expect(
                health.problems.first?.message.contains("read-only; see the kernel log") == true
            )
            let capacity = try pool.backend.capacity()
            #expect(capacity.available == .zero)
            #expect(capacity.maximumVolumeSize == .zero)
            let survey = PoolSurvey(of: pool.path, tier: "test", rules: PoolRules())
            #expect(survey.findings.map(\.kind).contains(.unavailable))
            #expect(!survey.findings.contains { $0.message.contains("free some space") })
            try run("/usr/bin/mount", "-o", "remount,rw", pool.path)
            #expect(try pool.backend.health().problems == [])
            #expect(try pool.backend.capacity().available > .zero)
        }
    }

    @Test func `a thin pool that is nearly full is a problem of that kind`() throws {
        try withPool(.ext4Thin) { pool in
            let usage = try Filesystems.usage(at: pool.path)
            let rest = usage.totalBytes.bytes / 50
            let file = "\(pool.path)/somebody-else"
            try run("/usr/bin/fallocate", "-l", "\(usage.availableBytes.bytes - rest)", file)
            let full = try pool.backend.health().problems.filter { $0.kind == .full }
            #expect(full.count == 1)
            #expect(
                full.first?.message.contains("delete volumes, snapshots or other files") == true
            )
            try run("/usr/bin/rm", file)
            try pool.settle()
            #expect(try pool.backend.health().problems == [])
        }
    }
}
