import DriverHarness
import TestSupport
import Testing

/// What the commands say and do while the disk of the tier `scratch` is missing.
@Suite(.timeLimit(.minutes(5))) struct MissingDiskTests {
    private func withDisk(_ body: (Node) async throws -> Void) async throws {
        try await withNode { folder in
            try Tool.run("/usr/bin/mount", "-t", "tmpfs", "memory", folder.path(of: "scratch"))
            folder.onCleanup { Paths.forceUnmount(folder.path(of: "scratch")) }
        } _: { node in
            try await body(node)
        }
    }

    @Test func `a mounted volume is unmounted by its path`() async throws {
        try await withDisk { node in
            try await node.make("data")
            let target = node.target("data")
            #expect(try await node.cairn("mount", "data", target).code == 0)
            Paths.forceUnmount(node.scratch)
            let ended = try await node.cairn("unmount", target)
            #expect(ended.output == "unmounted \(target)\n", "\(ended.error)")
            #expect(Paths.names(in: "\(node.folder)/mnt").isEmpty)
        }
    }

    @Test func `an error has what was typed, and the files that prove the lost pool`()
        async throws
    {
        try await withDisk { node in
            try await node.make("lost")
            Paths.forceUnmount(node.scratch)
            let proofs =
                "remove \(node.stateFolder)/pool-scratch.json and \(node.folder)/.scratch.cairn-pool,"
            let commands: [([String], String)] = [
                (["volume", "delete", "lost"], "delete volume 'lost'"),
                (["volume", "expand", "lost", "--size", "32Mi"], "expand volume 'lost'"),
                (["snapshot", "create", "lost", "cut"], "create snapshot 'cut' of volume 'lost'"),
            ]
            for (command, what) in commands {
                let outcome = try await CommandLine.run(command, environment: node.environment)
                #expect(outcome.code == 6)
                #expect(outcome.error.hasPrefix("cairn: cannot \(what): "), "\(outcome.error)")
                #expect(outcome.error.contains(proofs), "\(outcome.error)")
            }
            let made = try await node.cairn("pool", "create", "scratch")
            #expect(made.code == 6 && made.error.contains(proofs), "\(made.error)")
            #expect(!made.error.contains("another driver"))
        }
    }

    @Test func `a tier on a read-only disk is unavailable`() async throws {
        try await withDisk { node in
            let before = try await node.cairn("tier", "list").words(after: "scratch")
            #expect(!before.isEmpty && !before.contains("unavailable"))
            try Tool.run("/usr/bin/mount", "-o", "remount,ro", node.scratch)
            let listed = try await node.cairn("tier", "list")
            #expect(listed.words(after: "scratch").contains("unavailable"), "\(listed.output)")
            let doctor = try await node.cairn("doctor")
            #expect(doctor.output.contains("mounted read-only"), "\(doctor.output)")
        }
    }

    @Test func `doctor names a disk that is not mounted once`() async throws {
        try await withDisk { node in
            let text = String(decoding: try Bytes.read(node.tiersFile), as: UTF8.self)
            let place = "\(node.scratch), create: true, mountPoint: "
            try Bytes.write(
                text.replacing(place + "false", with: place + "true"),
                to: node.tiersFile
            )
            Paths.forceUnmount(node.scratch)
            let doctor = try await node.cairn("doctor", "--without-driver")
            let problems = doctor.lines.filter { $0.contains("PROBLEM") }
            #expect(problems.count == 1, "\(doctor.output)")
            #expect(problems.first?.contains("no disk is mounted there") == true)
        }
    }

    @Test func `a plain directory that does not exist is to be created`() async throws {
        try await withNode { node in
            let tiers = "\(node.folder)/other.yaml"
            try Bytes.write(
                "tiers: [{name: a, loop: {directory: \(node.folder)/a, create: true, "
                    + "mountPoint: false}}]",
                to: tiers
            )
            let doctor = try await node.cairn("doctor", "--without-driver", "--config", tiers)
            #expect(doctor.output.contains("do: create the directory:"), "\(doctor.output)")
        }
    }
}
