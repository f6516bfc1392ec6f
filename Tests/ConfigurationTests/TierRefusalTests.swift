import Configuration
import DriverCore
import Testing

/// What is wrong with one tier, or between tiers.
@Suite(.timeLimit(.minutes(5))) struct TierRefusalTests {
    private static let loop = "loop: {directory: /srv/a}"

    @Test(arguments: [
        Refusal.tier("default: true", loop, line: 2, words: "a tier needs the key 'name'"),
        .tier("name: a", line: 2, words: "'a'", "exactly one of the keys: loop, lvm"),
        .tier(
            "name: a",
            "zfs: {}",
            loop,
            line: 3,
            words: "cannot have the key 'zfs'",
            "accepted are",
            "lvm"
        ),
        .tier(
            "name: a",
            "Default: true",
            loop,
            line: 3,
            words: "cannot have the key 'Default' (did you mean 'default'?)",
            "accepted are"
        ),
        .tier("name: a", loop, "name: b", line: 4, words: "is already on", "line 2"),
        .tier("name: a", "loop:", line: 3, words: "'loop' has no value"),
        .tier("name: a", "loop: /srv/a", line: 3, words: "a mapping", "directory, provisioning"),
    ])
    func `wrong keys are refused`(refusal: Refusal) { refusal.check() }

    @Test(arguments: [
        "''", "A", "a_b", "-a", "a-", "a.b", "a/b", "\u{e9}", "[a]", "{a: b}", "'a\\0'",
        String(repeating: "a", count: 64),
    ])
    func `a wrong name is refused`(name: String) {
        Refusal.tier(
            Self.loop,
            "name: \(name)",
            line: 3,
            words: "'name' accepts at most 63 of a-z, 0-9"
        )
        .check()
    }

    @Test(arguments: ["a", "0", "a-b", "a--9", String(repeating: "a", count: 63)])
    func `a name at the edge of the rule is accepted`(name: String) throws {
        let text = "tiers:\n- name: \(name)\n  \(Self.loop)\n"
        #expect(try TiersFile(parsing: text, file: "t").tiers.map(\.name) == [name])
    }

    @Test(arguments: ["yes", "1", "'true'", "True", "[true]"])
    func `a wrong flag is refused`(flag: String) {
        Refusal.tier("name: a", "default: \(flag)", Self.loop, line: 3, words: "true or false")
            .check()
    }

    @Test(arguments: ["ext3", "EXT4", "[ext4]", "1"])
    func `a wrong file system is refused`(filesystem: String) {
        Refusal.tier(
            "name: a",
            Self.loop,
            "filesystem: \(filesystem)",
            line: 4,
            words: "ext4, xfs, btrfs"
        ).check()
    }

    @Test(arguments: [
        "100%", "-1%", "'%'", "1.5%", "5 %", "-1", "1.5Gi", "10Zi", "10 Gi", "[1]", "ten",
        "99999999999999999999", "9000Pi",
    ])
    func `a wrong reserve is refused`(reserve: String) {
        Refusal.tier("name: a", "reserve: \(reserve)", Self.loop, line: 3, words: "10Gi", "99%")
            .check()
    }

    @Test(arguments: [("0%", Reserve.percent(0)), ("99%", .percent(99)), ("0", .bytes(.zero))])
    func `a reserve at the edge of the rule is accepted`(text: String, expected: Reserve) throws {
        let text = "tiers:\n- name: a\n  reserve: \(text)\n  \(Self.loop)\n"
        #expect(try TiersFile(parsing: text, file: "t").tiers.map(\.reserve) == [expected])
    }

    @Test(arguments: [
        Refusal(
            """
            tiers:
              - {name: a, loop: {directory: /srv/a}}
              - loop: {directory: /srv/b}
                name: a
            """,
            line: 4,
            "'a'",
            "line 2"
        ),
        Refusal(
            """
            tiers:
              - {name: a, default: true, loop: {directory: /srv/a}}
              - {name: b, default: false, loop: {directory: /srv/b}}
              - name: c
                loop: {directory: /srv/c}
                default: true
            """,
            line: 6,
            "only one tier",
            "'a'",
            "line 2"
        ),
        Refusal(
            """
            tiers:
              - {name: a, loop: {directory: /srv/a}}
              - name: b
                loop:
                  directory: /srv/a
            """,
            line: 5,
            "/srv/a",
            "'a'"
        ),
        Refusal(
            """
            tiers:
              - {name: a, loop: {directory: /srv/a}}
              - {name: b, loop: {directory: /srv/a/b}}
            """,
            line: 3,
            "/srv/a/b",
            "'a'"
        ),
        Refusal(
            """
            tiers:
              - {name: a, loop: {directory: /srv/a/b}}
              - {name: b, loop: {directory: /srv}}
            """,
            line: 3,
            "/srv/a/b",
            "'a'"
        ),
    ])
    func `tiers that disagree are refused`(refusal: Refusal) { refusal.check() }
}
