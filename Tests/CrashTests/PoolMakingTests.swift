import BackendLoop
import DriverCore
import DriverHarness
import Glibc
import Host
import TestSupport
import Testing

/// `cairn pool create` dies between the proofs of a new pool, with its disk there or away at the
/// retry.
@Suite(.timeLimit(.minutes(5))) struct `A pool whose making is cut short` {
    static let steps = Failpoint.ofLoopPools

    @Test(arguments: steps)
    func `is finished by the retry`(_ step: Failpoint) async throws {
        try await withSite { site in
            #expect(try await site.make(killedAt: step) == .signalled(SIGKILL))
            #expect(try await site.make() == .exited(0), "\(site.log())")
            try await site.expectWhole()
        }
    }

    @Test(arguments: steps)
    func `is made on no other file system while its disk is away`(_ step: Failpoint) async throws {
        try await withSite { site in
            #expect(try await site.make(killedAt: step) == .signalled(SIGKILL))
            Paths.forceUnmount(site.disk.path)
            let before = Paths.names(in: site.disk.path)
            for _ in 1...2 { #expect(try await site.make() == .exited(6), "\(site.log())") }
            #expect(site.log().contains("mount the pool's disk"))
            #expect(Paths.names(in: site.disk.path) == before)
            let device = site.disk.image.device.path
            _ = try site.folder.mount(device, as: .ext4, named: "disk")
            #expect(try await site.make() == .exited(0), "\(site.log())")
            try await site.expectWhole()
        }
    }

    /// A making that failed is no pool, and binds nobody who has removed what it left.
    @Test func `can be given up for another place`() async throws {
        try await withSite { site in
            #expect(try await site.make(killedAt: .poolBegun) == .signalled(SIGKILL))
            Paths.forceUnmount(site.disk.path)
            try Paths.remove(site.state)
            #expect(try await site.make() == .exited(0), "\(site.log())")
            try await site.expectWhole()
        }
    }

    private func withSite(_ body: (PoolSite) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try await body(try PoolSite(in: folder))
        }
    }
}

/// A tier without a pool on a disk of its own, whose tiers file does not say that it has to be a
/// mount point.
private struct PoolSite {
    let folder: TemporaryFolder
    let disk: MountedImage
    var state: String { folder.path(of: "state/pool-scratch.json") }
    private var tiers: String { folder.path(of: "tiers.yaml") }

    init(in folder: TemporaryFolder) throws {
        self.folder = folder
        disk = try folder.mountFilesystem(.ext4, size: .mebibytes(64), named: "disk")
        try Bytes.write("tiers: [{name: scratch, loop: {directory: \(disk.path)}}]\n", to: tiers)
    }

    func make(killedAt step: Failpoint? = nil) async throws -> ChildProgram.End {
        try await run(
            ["pool", "create", "scratch"],
            step.map { [Failpoint.variable: "\($0.name):kill"] } ?? [:]
        )
    }

    /// Everything says the same, and nothing is left to make.
    func expectWhole() async throws {
        let doctor = try await run(["doctor", "--without-driver"])
        #expect(doctor == .exited(0), "\(log())")
        let marker = try uuid(in: "\(disk.path)/cairn-pool.json")
        #expect(try uuid(in: state) == marker)
        #expect(try text(folder.path(of: ".disk.cairn-pool")) == "\(marker)\n")
        #expect(try !text(state).contains("makingOn"))
        #expect(try await make() == .exited(4), "\(log())")
    }

    func log() -> String { (try? text(folder.path(of: "log"))) ?? "" }

    private func run(_ arguments: [String], _ variables: [String: String] = [:]) async throws
        -> ChildProgram.End
    {
        let options = ["--config", tiers, "--state-dir", folder.path(of: "state")]
        return try await ChildProgram(
            Driver.binary(),
            arguments + options,
            variables: variables,
            standardError: folder.path(of: "log")
        ).waitForEnd()
    }

    private func uuid(in path: String) throws -> String {
        let words = try text(path).split(separator: "\"")
        let key = try #require(words.firstIndex(of: "uuid"))
        return String(words[key + 2])
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Bytes.read(path), as: UTF8.self)
    }
}
