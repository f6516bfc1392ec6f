import DriverCore
import Testing

@testable import BackendLVM

@Suite(.timeLimit(.minutes(5))) struct ConfigTextTests {
    private static func root(_ text: String) throws(DriverError) -> ConfigSection {
        try ConfigText(parsing: Array(text.utf8)).root
    }

    @Test func `reads values, lists, sections, comments and escapes`() throws {
        let root = try Self.root(
            #"""
            # a comment { " [
            a="x" b = 'y'	# behind a value
            number=-12 list = [ "p", 1, "q", 2, ]
            empty = [] one = "only" outer { inner{ deep = 3 } "quoted" { } }
            escaped = "a\"b\\c"
            """#
        )
        #expect(try root.string("a") == "x")
        #expect(try root.string("b") == "y")
        #expect(try root.integer("number", in: -20...0) == -12)
        #expect(try root.pairs("list").map(\.name) == ["p", "q"])
        #expect(try root.strings("empty") == [])
        #expect(try root.strings("one") == ["only"])
        #expect(try root.string("escaped") == #"a"b\c"#)
        let outer = try #require(try root.section("outer"))
        #expect(try outer.section("inner")?.integer("deep", in: 0...9) == 3)
        #expect(outer.sections().map(\.name) == ["inner", "quoted"])
    }

    @Test(
        arguments: [
            "}", "a", "a =", "a = [", "a = [ 1", "a = [ 1 2 ]", "a {", "a { b = 1", "a = \"x",
            "a = \"x\\", "= 1", "{ }", "a = }", "a = ,", "a { } }", "\"", "a = \u{0}",
        ]
    )
    func `refuses what is no such text`(text: String) {
        let error = #expect(throws: DriverError.self) { try Self.root(text) }
        #expect(error?.code == .hostFailure)
        #expect(error?.message.contains("line 1") == true)
    }

    @Test func `refuses nesting that no text of LVM has`() {
        for depth in [17, 1000, 1_000_000] {
            let text = String(repeating: "a{", count: depth)
            #expect(throws: DriverError.self) { try Self.root(text) }
        }
    }

    @Test(arguments: ["9223372036854775808", "-9223372036854775809", "1.5", "1x", "-", "--1"])
    func `refuses numbers that are none or too large`(number: String) throws {
        let root = try Self.root("a = \(number)")
        #expect(throws: DriverError.self) { try root.integer("a", in: Int.min...Int.max) }
    }

    @Test func `says which value is missing, of the wrong kind or out of bounds`() throws {
        let root = try Self.root("s { a = 1 b = \"x\" c { } }")
        let section = try #require(try root.section("s"))
        let missing = #expect(throws: DriverError.self) { try section.string("z") }
        #expect(missing?.message == "'s/z' is missing")
        #expect(throws: DriverError.self) { try section.string("a") }
        #expect(throws: DriverError.self) { try section.integer("b", in: 0...1) }
        #expect(throws: DriverError.self) { try section.integer("a", in: 2...3) }
        #expect(throws: DriverError.self) { try section.section("a") }
        #expect(throws: DriverError.self) { try section.strings("c") }
        #expect(throws: DriverError.self) { try section.pairs("a") }
    }
}
