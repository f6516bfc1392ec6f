import BackendLoop
import Configuration
import DriverCore
import Testing

/// What is wrong inside `loop`.
@Suite(.timeLimit(.minutes(5))) struct LoopTierRefusalTests {
    @Test(arguments: [
        Refusal.tier("name: a", "loop: {provisioning: thin}", line: 3, words: "'directory'"),
        .tier(
            "name: a",
            "loop:",
            "  directory: /srv/a",
            "  size: 1Gi",
            line: 5,
            words: "cannot have the key 'size'",
            "directory, provisioning, overcommit"
        ),
        .tier("name: a", "loop:", "  directory: /a", "  directory: /b", line: 5, words: "line 4"),
    ])
    func `wrong keys are refused`(refusal: Refusal) { refusal.check() }

    @Test(arguments: [
        "srv/a", "''", "/", "/srv/", "/srv//a", "/srv/./a", "/srv/../a", "/..", "[/srv]",
        "\"/srv/\\0a\"", "\"/srv/\\na\"", "/" + String(repeating: "a", count: 4000),
    ])
    func `a wrong directory is refused`(directory: String) {
        Refusal.tier(
            "name: a",
            "loop:",
            "  directory: \(directory)",
            line: 4,
            words: "an absolute path"
        ).check()
    }

    @Test(arguments: ["fat", "Thin", "[thin]"])
    func `a wrong provisioning is refused`(provisioning: String) {
        Refusal.tier(
            "name: a",
            "loop:",
            "  directory: /srv/a",
            "  provisioning: \(provisioning)",
            line: 5,
            words: "'provisioning' accepts thick, thin"
        ).check()
    }

    @Test(arguments: [
        "0", "0.09", "-1", "+1", "1e3", "0x10", ".inf", ".nan", ".5", "1.5.5", "'1.5'", "[1]",
        "many", "\u{661}",
    ])
    func `a wrong overcommit is refused`(overcommit: String) {
        Refusal.tier(
            "name: a",
            "loop:",
            "  directory: /srv/a",
            "  overcommit: \(overcommit)",
            line: 5,
            words: "'overcommit' accepts a number of at least 0.1"
        ).check()
    }

    @Test func `overcommit is refused with thick`() {
        Refusal.tier(
            "name: a",
            "loop:",
            "  overcommit: 1.0",
            "  directory: /srv/a",
            "  provisioning: thick",
            line: 4,
            words: "only with provisioning: thin"
        ).check()
    }

    @Test(arguments: [("0.1", 0.1), ("2", 2.0), ("10.25", 10.25)])
    func `a good overcommit is read`(text: String, expected: Double) throws {
        let text = "tiers: [{name: a, loop: {directory: /srv/a, overcommit: \(text)}}]"
        let tiers = try TiersFile(parsing: text, file: "t").tiers
        #expect(try tiers.map { try loop(of: $0).overcommit } == [expected])
    }

    @Test(arguments: ["create", "mountPoint", "volatile"])
    func `flags are true or false`(key: String) {
        Refusal.tier(
            "name: a",
            "loop:",
            "  directory: /srv/a",
            "  \(key): yes",
            line: 5,
            words: "'\(key)' accepts true or false"
        ).check()
    }

    @Test func `create is refused where nothing says whether a disk must be mounted`() {
        Refusal.tier(
            "name: a",
            "loop:",
            "  directory: /srv/a",
            "  create: true",
            line: 5,
            words: "'create' needs 'mountPoint'"
        ).check()
    }

    @Test func `create is refused for a pool that exists by its uuid`() {
        Refusal.tier(
            "name: a",
            "loop:",
            "  directory: /srv/a",
            "  uuid: 5d0f3a51-9b0c-4c39-a8a3-1f5c8f0f3b1e",
            "  mountPoint: true",
            "  create: true",
            line: 5,
            words: "cannot be combined with 'create: true'"
        ).check()
    }

    @Test(arguments: [
        "x", "5d0f3a51", "5d0f3a51-9b0c-4c39-a8a3-1f5c8f0f3b1",
        "5d0f3a51-9b0c-4c39-a8a3-1f5c8f0f3b1g",
        "[5d0f3a51-9b0c-4c39-a8a3-1f5c8f0f3b1e]",
    ])
    func `a wrong uuid is refused`(uuid: String) {
        Refusal.tier(
            "name: a",
            "loop:",
            "  directory: /srv/a",
            "  uuid: \(uuid)",
            line: 5,
            words: "'uuid' accepts the uuid of cairn-pool.json"
        ).check()
    }

    @Test func `what a pool must be is read, and nothing is created by default`() throws {
        let text = """
            tiers:
              - {name: a, loop: {directory: /srv/a}}
              - {name: b, loop: {directory: /srv/b, create: true, mountPoint: true}}
              - name: c
                loop:
                  directory: /srv/c
                  uuid: 5D0F3A51-9b0c-4c39-a8a3-1f5c8f0f3b1e
                  volatile: true
            """
        let loops = try TiersFile(parsing: text, file: "t").tiers.map { try loop(of: $0) }
        #expect(loops.map(\.createsPool) == [false, true, false])
        #expect(loops.map(\.requiresMountPoint) == [false, true, false])
        #expect(loops.map(\.uuid) == [nil, nil, "5d0f3a51-9b0c-4c39-a8a3-1f5c8f0f3b1e"])
        #expect(loops.map(\.isVolatile) == [false, false, true])
    }
}
