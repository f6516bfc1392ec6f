import DriverCore
import Testing

/// U+0301, U+200D and U+20E3 join with what precedes them into one character.
@Suite(.timeLimit(.minutes(5))) struct TextBytesTests {
    @Test(arguments: ["\u{301}", "\u{200D}", "\u{20E3}", "\u{FE0F}"])
    func `a separator is seen whatever joins with it`(joining: String) {
        let text = "a/\(joining)b,\(joining)c=\(joining)d"
        #expect(text.byteSplit(separator: "/") == ["a", "\(joining)b,\(joining)c=\(joining)d"])
        #expect(text.byteSplit(separator: ",").last == "\(joining)c=\(joining)d")
        #expect(text.bytePrefix(before: "=").utf8.elementsEqual("a/\(joining)b,\(joining)c".utf8))
        #expect(text.byteSuffix(after: "=")?.utf8.elementsEqual("\(joining)d".utf8) == true)
        #expect(text.containsByte("/"))
        #expect(text.hasBytePrefix("a/"))
        #expect(text.removingBytePrefix("a/")?.hasBytePrefix(joining) == true)
        #expect("\(joining)/".hasByteSuffix("/"))
        #expect("a\(joining)".removingByteSuffix(joining) == "a")
    }

    @Test func `a split keeps empty parts only where it is asked to`() {
        #expect("/a//b/".byteSplit(separator: "/") == ["a", "b"])
        #expect(
            "/a//b/".byteSplit(separator: "/", omittingEmptySubsequences: false)
                == ["", "a", "", "b", ""]
        )
        #expect("a=b=c".byteSplit(separator: "=", maxSplits: 1) == ["a", "b=c"])
        #expect("a\u{A0}b\tc\r\nd".byteWords == ["a\u{A0}b", "c", "d"])
    }

    @Test(arguments: [("é", "e\u{301}"), ("K", "\u{212A}"), (";", "\u{37E}")])
    func `texts that Unicode calls equal are two texts`(left: String, right: String) {
        #expect(left == right)
        #expect(!left.hasSameBytes(as: right))
        #expect(ByteKey(left) != ByteKey(right))
        #expect(Set([ByteKey(left), ByteKey(right), ByteKey(left)]).count == 2)
    }

    @Test func `bytes are replaced wherever they stand`() {
        #expect("/a: /a/b".replacingBytes("/a", with: "c") == "c: c/b")
        #expect("aaa".replacingBytes("aa", with: "b") == "ba")
        #expect("none".replacingBytes("x", with: "y") == "none")
        #expect("/\u{301}a".replacingBytes("/", with: "-").utf8.elementsEqual("-\u{301}a".utf8))
    }

    @Test func `a text is shortened between scalars`() {
        #expect("abc".shortened(toBytes: 3) == "abc")
        #expect("abcd".shortened(toBytes: 3) == "abc...")
        #expect("aéb".shortened(toBytes: 2) == "a...")
        let stacked = "a" + String(repeating: "\u{301}", count: 5000)
        #expect(stacked.shortened(toBytes: 64).utf8.count <= 67)
    }

    @Test func `digits are those of ASCII`() {
        #expect("0123456789".isDecimal)
        for text in ["", "+1", "-1", "１", "1\u{301}", "٣"] { #expect(!text.isDecimal, "\(text)") }
    }
}
