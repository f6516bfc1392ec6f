import TestSupport
import Testing

/// `cairn pool create TIER`: the one way in which a person makes the pool of a loop tier.
@Suite(.timeLimit(.minutes(5))) struct PoolCreateTests {
    /// Runs the body with a tiers file of one tier that has no pool.
    private func withTier(_ body: (TemporaryFolder, [String]) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let file = folder.path(of: "tiers.yaml")
            let text = "tiers: [{name: scratch, loop: {directory: \(folder.path)/scratch}}]\n"
            try Bytes.write(text, to: file)
            try await body(folder, ["--config", file, "--state-dir", folder.path(of: "state")])
        }
    }

    @Test func `makes the pool once, and doctor asks for it before`() async throws {
        try await withTier { folder, options in
            let before = try await CommandLine.run(["doctor", "--without-driver"] + options)
            #expect(before.code == 1)
            #expect(before.output.contains("cairn pool create scratch"))
            let made = try await CommandLine.run(["pool", "create", "scratch"] + options)
            #expect(made.code == 0 && made.output.contains("of tier 'scratch'"), "\(made.error)")
            #expect(Paths.names(in: folder.path(of: "state")) == ["pool-scratch.json"])
            let after = try await CommandLine.run(["doctor", "--without-driver"] + options)
            #expect(after.code == 0, "\(after.output)")
            let again = try await CommandLine.run(["pool", "create", "scratch"] + options)
            #expect(again.code == 4 && again.error.contains("already"))
        }
    }

    @Test func `refuses a tier whose disk may only be away, and names the proof`() async throws {
        try await withTier { folder, options in
            #expect(try await CommandLine.run(["pool", "create", "scratch"] + options).code == 0)
            try Paths.remove(folder.path(of: ".scratch.cairn-pool"))
            for name in Paths.names(in: folder.path(of: "scratch")) where name.hasSuffix(".json") {
                try Paths.remove(folder.path(of: "scratch/\(name)"))
            }
            let refused = try await CommandLine.run(["pool", "create", "scratch"] + options)
            #expect(refused.code == 6)
            #expect(refused.error.contains("pool-scratch.json"))
            #expect(!Paths.exists(folder.path(of: "scratch/cairn-pool.json")))
        }
    }

    @Test func `names what is wrong with the command line`() async throws {
        try await withTier { _, options in
            let unknown = try await CommandLine.run(["pool", "create", "gold"] + options)
            #expect(unknown.code == 2 && unknown.error.contains("its tiers are: scratch"))
            let mixed = try await CommandLine.run(
                ["pool", "create", "scratch", "--size", "1Gi"] + options
            )
            #expect(mixed.code == 2 && mixed.error.contains("--size"))
        }
    }
}
