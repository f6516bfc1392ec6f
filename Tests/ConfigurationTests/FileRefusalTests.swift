import Configuration
import DriverCore
import Testing

/// What is wrong with the file as a whole.
@Suite(.timeLimit(.minutes(5))) struct FileRefusalTests {
    private static let a = "{name: a, loop: {directory: /srv/a}}"

    @Test(arguments: [
        Refusal("", line: 1, "empty"),
        Refusal("# only a comment\n", line: 1, "empty"),
        Refusal("---\n", line: 2, "mapping", "tiers", "nothing"),
        Refusal("tiers", line: 1, "mapping", "'tiers'"),
        Refusal("tiers: [\n", line: 2, "not YAML"),
        Refusal("tiers:\n\t- name: a\n", line: 2, "not YAML"),
        Refusal("tiers:\n  - \"a\n", line: 3, "not YAML"),
        Refusal("a: 1\n\u{1}\n", line: 2, "not YAML"),
        Refusal("tiers: [\(a)]\n---\ntiers: []\n", line: 2, "second document"),
        Refusal("tiers: [\(a)]\n...\n---\ntiers: []\n", line: 3, "second document"),
        Refusal("tiers: [\(a)]\n? [x]\n: y\n", line: 2, "key must be text"),
    ])
    func `a text that is not one document of YAML is refused`(refusal: Refusal) {
        refusal.check()
    }

    @Test(arguments: [
        Refusal("tiers: &x [\(a)]\n", line: 1, "anchors"),
        Refusal("tiers:\n  - &x\n    name: a\n", line: 2, "anchors"),
        Refusal("tiers:\n  - name: &x a\n", line: 2, "anchors"),
        Refusal("tiers:\n  - name: a\n    loop: *x\n", line: 3, "aliases"),
        Refusal("tiers:\n  - name: !!str a\n", line: 2, "tags"),
        Refusal("tiers:\n  - <<: {name: a}\n", line: 2, "cannot have the key '<<'"),
        Refusal("tiers: [\(a)]\ntiers: [\(a)]\n", line: 2, "is already on", "line 1"),
        Refusal(
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
            line: 1,
            "nested too deeply"
        ),
    ])
    func `what makes a file read differently than it looks is refused`(refusal: Refusal) {
        refusal.check()
    }

    @Test(arguments: [
        Refusal("tier: []\n", line: 1, "cannot have the key 'tier'", "accepted are tiers"),
        Refusal("{}\n", line: 1, "needs the key 'tiers'"),
        Refusal("\n\ntiers:\n", line: 3, "'tiers' has no value"),
        Refusal("tiers: ~\n", line: 1, "'tiers' has no value"),
        Refusal("tiers: []\n", line: 1, "at least one tier"),
        Refusal("tiers: a\n", line: 1, "a list of tiers", "'a'"),
        Refusal("tiers:\n  name: a\n", line: 2, "a list of tiers", "a mapping"),
        Refusal("tiers:\n  - a\n", line: 2, "a mapping", "name, default", "'a'"),
        Refusal("- tiers\n", line: 1, "mapping", "a list"),
    ])
    func `a wrong outline is refused`(refusal: Refusal) { refusal.check() }

    @Test func `bytes that are not UTF-8 are refused with their line`() {
        let bytes = Array("tiers:\n  - name: ".utf8) + [0xff, 0x0a]
        let error = #expect(throws: DriverError.self) {
            try TiersFile(parsing: bytes, file: "t.yaml")
        }
        #expect(error?.message.hasPrefix("t.yaml:2: ") == true)
    }

    @Test func `a file that is too large is refused`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: (1 << 20) + 1)
        let error = #expect(throws: DriverError.self) {
            try TiersFile(parsing: bytes, file: "t.yaml")
        }
        #expect(error?.message.contains("larger") == true)
    }

    @Test func `no cut of a good file crashes the reader`() throws {
        let text = Array(
            "tiers:\n - {name: \"a\\u00e9\", reserve: '5%', loop: {directory: >-\n /srv}}\n".utf8
        )
        for length in 0..<text.count {
            _ = try? TiersFile(parsing: Array(text.prefix(length)), file: "t.yaml")
        }
    }
}
