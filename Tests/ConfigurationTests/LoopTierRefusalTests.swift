import Configuration
import DriverCore
import Testing

/// What is wrong inside `loop`.
@Suite struct LoopTierRefusalTests {
    @Test(arguments: [
        Refusal.tier("name: a", "loop: {provisioning: thin}", line: 3, words: "'directory'"),
        .tier(
            "name: a",
            "loop:",
            "  directory: /srv/a",
            "  size: 1Gi",
            line: 5,
            words: "no key 'size'",
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
}
