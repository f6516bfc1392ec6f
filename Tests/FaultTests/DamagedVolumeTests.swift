import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// Files of one volume that were damaged behind the driver's back.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A volume whose files are damaged` {
    let cluster: Cluster
    let pool: Pool

    init() throws {
        cluster = try Cluster.here()
        pool = try cluster.pool(.ext4Thin)
    }

    /// Runs the body with a damaged volume, beside two healthy ones, and puts it right again.
    private func damaging(
        _ file: String,
        restarts: Bool,
        by damage: (_ path: String) throws -> Void,
        _ body: (_ id: String, _ name: String) async throws -> Void
    ) async throws {
        let others = [
            try await Bystander(on: .ext4Thin, of: cluster),
            try await Bystander(on: .xfsThin, of: cluster),
        ]
        let name = cluster.unique("damaged")
        let id = try await cluster.create(name).volumeID
        try await cluster.using(id) { try write("damaged", in: $0) }
        let path = "\(pool.directory)/volumes/\(id)/\(file)"
        let kept = "\(cluster.folder)/kept"
        try Tool.run("/usr/bin/cp", "-a", "--sparse=always", path, kept)
        try damage(path)
        let before = try Listing.of("\(pool.directory)/volumes/\(id)")
        if restarts { try await cluster.driver.restart() }
        try await body(id, name)
        #expect(try Listing.of("\(pool.directory)/volumes/\(id)") == before)
        #expect(cluster.devices(of: id).isEmpty)
        for other in others { try await other.expectUnharmed() }
        // Restored from a backup, it is what it was.
        try Tool.run("/usr/bin/rm", "-f", path)
        try Tool.run("/usr/bin/cp", "-a", "--sparse=always", kept, path)
        if restarts { try await cluster.driver.restart() }
        try await cluster.using(id) { try expectContents("damaged", in: $0) }
        try await cluster.delete(id)
        for other in others { try await other.end() }
    }

    @Test(arguments: ["", "{", "{}", "[1]", "\u{0}\u{0}\u{0}", "{\"formatVersion\": 99}", "half"])
    func `with a record that cannot be read is INTERNAL, and never deleted or made anew`(
        _ text: String
    )
        async throws
    {
        try await damaging("volume.json", restarts: true) { path in
            let whole = try Files.text(path)
            try Bytes.write(text == "half" ? String(whole.prefix(whole.count / 2)) : text, to: path)
        } _: { id, name in
            for call: () async throws -> Void in [
                { _ = try await cluster.get(id) },
                { _ = try await cluster.create(name) },
                { try await cluster.stage(id) },
                { _ = try await cluster.expand(id, to: .mebibytes(64)) },
                { _ = try await cluster.snapshot(id, named: cluster.unique("snap")) },
                { _ = try await cluster.create(cluster.unique("copy"), from: .volume(id)) },
                { try await cluster.delete(id) },
            ] {
                await expectFailure(.internalError, id, "volume.json", "restore") {
                    try await call()
                }
            }
            // A list without it would say that it does not exist.
            await expectFailure(.internalError, id, "volume.json", "cannot list") {
                try await cluster.volumes()
            }
            _ = try await cluster.snapshots()
            let page = try cluster.driver.metrics()
            let problems = page.series.filter { series in
                series.hasPrefix("cairn_tier_problems{") && series.contains("kind=\"record\"")
            }
            #expect(problems.contains { page[$0] == 1 }, "\(problems)")
            #expect(!page.text.contains(id))
        }
    }

    @Test(arguments: ["deleted", "cut", "emptied"])
    func `with its data gone or short is INTERNAL, and nothing takes its place`(_ how: String)
        async throws
    {
        try await damaging("data", restarts: false) { path in
            switch how {
            case "deleted": try Tool.run("/usr/bin/rm", path)
            case "cut": try Tool.run("/usr/bin/truncate", "-s", "20M", path)
            default: try Bytes.write("", to: path)
            }
        } _: { id, _ in
            let path = pool.data(of: id)
            for call: () async throws -> Void in [
                { try await cluster.stage(id) },
                { _ = try await cluster.expand(id, to: .mebibytes(64)) },
                { _ = try await cluster.snapshot(id, named: cluster.unique("snap")) },
                { _ = try await cluster.create(cluster.unique("copy"), from: .volume(id)) },
            ] {
                await expectFailure(.internalError, id, path, "restore") { try await call() }
            }
        }
    }

    @Test func `without data can be deleted, as a person who gave it up would`() async throws {
        let id = try await cluster.create(cluster.unique("given-up")).volumeID
        try Tool.run("/usr/bin/rm", pool.data(of: id))
        try await cluster.delete(id)
        #expect(!"\(pool.directory)/volumes/\(id)".isThere)
    }

    @Test func `that a link leads out of the pool is refused, and what it shows is not touched`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("link")).volumeID
        let folder = "\(pool.directory)/volumes/\(id)"
        let outside = "\(cluster.folder)/\(cluster.unique("outside"))"
        try Tool.run("/usr/bin/mv", folder, outside)
        try Paths.makeLink(folder, to: outside)
        let before = try Listing.of(outside)
        try await cluster.driver.restart()
        for call: () async throws -> Void in [
            { try await cluster.stage(id) }, { try await cluster.delete(id) },
            { _ = try await cluster.expand(id, to: .mebibytes(64)) },
        ] {
            await expectFailure(.internalError, folder, "symbolic link") { try await call() }
        }
        #expect(try Listing.of(outside) == before)
        try Paths.remove(folder)
        try Tool.run("/usr/bin/mv", outside, folder)
        try await cluster.driver.restart()
        try await cluster.using(id) { try write("back", in: $0) }
        try await cluster.delete(id)
    }
}
