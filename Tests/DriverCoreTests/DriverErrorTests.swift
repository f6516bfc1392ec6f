import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct DriverErrorTests {
    /// Source: external-provisioner `checkError`: Canceled, DeadlineExceeded, Unavailable, Aborted.
    @Test func `only four codes leave open whether work is going on`() {
        let open = DriverError.Code.allCases.filter { !$0.isFinal }
        #expect(Set(open) == [.operationPending, .cancelled, .timedOut, .unavailable])
    }

    // In a loop, so that no log of the tests holds the characters themselves.
    @Test func `a message is one line that a terminal takes as text`() {
        let texts = [
            ("a\nb", "a\\nb"), ("\r\t", "\\r\\t"), ("\u{1b}[2J", "\\u001b[2J"),
            ("f\u{7f}rmatted", "f\\u007frmatted"), ("\0-m", "\\u0000-m"),
            ("a\u{2028}b", "a\\u2028b"), ("\u{202e}gpj", "\\u202egpj"), ("\u{85}", "\\u0085"),
            ("Größe 'a' \\ \"b\"", "Größe 'a' \\ \"b\""), ("📦", "📦"),
            // A blank that is no U+0020, a byte order mark, and what is ignored where it is shown.
            ("a\u{A0}b", "a\\u00a0b"), ("\u{feff}a", "\\ufeffa"), ("a\u{3164}b", "a\\u3164b"),
            ("a\u{34f}b", "a\\u034fb"), ("a\u{fe0f}b", "a\\ufe0fb"),
            ("a\u{2067}b\u{200b}c", "a\\u2067b\\u200bc"),
        ]
        for (given, shown) in texts {
            let isShown = DriverError(.invalidRequest, given).message == shown
            #expect(isShown, "not shown as \(shown)")
            let told = DriverError(.invalidRequest, "a").adding(context: given)
            #expect(told.message == "\(shown): a")
        }
    }

    @Test(arguments: DriverError.Code.allCases)
    func `a failure stays as it is only where everything is undone`(code: DriverError.Code) {
        let error = DriverError(code, "no room")
        #expect(error.afterUndoing {}.code == code)
        let left = error.afterUndoing { () throws(DriverError) in
            throw DriverError(.hostFailure, "busy")
        }
        #expect(left.code == .operationPending)
        #expect(left.message.contains("no room") && left.message.contains("busy"))
        #expect(!error.leavingSomething("it is mounted").code.isFinal)
        let half = error.leavingHalfDone("it has grown, but its record has not")
        #expect(half.code == .operationPending)
        #expect(half.message == "it has grown, but its record has not: no room; retry")
    }
}
