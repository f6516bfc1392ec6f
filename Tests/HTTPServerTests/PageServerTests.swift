import Dispatch
import DriverCore
import HTTPServer
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct PageServerTests {
    private let greeting = Page(contentType: "text/plain", text: "good day\n")

    /// Runs the body with the port of a server that lives until it returns.
    private func serving(_ body: (UInt16) throws -> Void) throws {
        let server = try PageServer(host: "127.0.0.1", port: 0) { [greeting] path in
            path == "/greeting" ? greeting : nil
        }
        try withExtendedLifetime(server) { try body(server.port) }
    }

    private func isListening(_ port: UInt16) -> Bool {
        do {
            _ = try HTTPConnection(port: port)
            return true
        } catch {
            return false
        }
    }

    @Test func `a page is answered with its type and its length`() throws {
        try serving { port in
            let answer = try HTTPConnection.ask("/greeting", port: port)
            #expect(answer.head.hasPrefix("HTTP/1.1 200 "))
            #expect(answer.head.contains("Content-Type: text/plain\r\n"))
            #expect(answer.head.contains("Content-Length: 9"))
            #expect(answer.body == "good day\n")
        }
    }

    @Test func `HEAD tells the same without the page`() throws {
        try serving { port in
            let answer = try HTTPConnection.ask("/greeting", method: "HEAD", port: port)
            #expect(answer.head.hasPrefix("HTTP/1.1 200 "))
            #expect(answer.head.contains("Content-Length: 9"))
            #expect(answer.body == "")
        }
    }

    @Test(arguments: ["/", "/other", "/greeting/", "/../greeting", "/%00"])
    func `what is no page is not found`(path: String) throws {
        try serving { port in
            let answer = try HTTPConnection.ask(path, port: port)
            #expect(answer.head.hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
    func `what would change something is not allowed`(method: String) throws {
        try serving { port in
            let answer = try HTTPConnection.ask(
                "/greeting",
                method: method,
                port: port,
                body: "GET /greeting HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            #expect(answer.head.hasPrefix("HTTP/1.1 405 "))
            #expect(answer.head.contains("Allow: GET, HEAD"))
            // The body was not taken for a request.
            #expect(!answer.body.contains("good day"))
        }
    }

    @Test(arguments: ["\u{0}\u{1}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"])
    func `garbage ends its connection and nothing else`(text: String) throws {
        try serving { port in
            let connection = try HTTPConnection(port: port)
            connection.send(text)
            connection.end()
            let answer = connection.receive()
            #expect(!answer.contains("200 OK"))
            #expect(try HTTPConnection.ask("/greeting", port: port).body == "good day\n")
        }
    }

    @Test func `a head without end is refused`() throws {
        try serving { port in
            let connection = try HTTPConnection(port: port)
            connection.send("GET /greeting HTTP/1.1\r\nLong: ")
            connection.send(String(repeating: "x", count: 64 << 10))
            connection.send("\r\n\r\n")
            let answer = connection.receive()
            #expect(!answer.contains("200 OK"))
        }
    }

    @Test func `connections that say nothing keep nobody from an answer`() throws {
        try serving { port in
            let first = try HTTPConnection(port: port)
            let second = try HTTPConnection(port: port)
            #expect(try HTTPConnection.ask("/greeting", port: port).body == "good day\n")
            first.send("GET /greeting HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let firstAnswer = first.receive()
            #expect(firstAnswer.hasSuffix("good day\n"))
            second.send("GET /greeting HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let secondAnswer = second.receive()
            #expect(secondAnswer.hasSuffix("good day\n"))
        }
    }

    /// HTTPConnection has one owner, and an array holds only what can be copied.
    private final class Idle {
        let connection: HTTPConnection

        init(port: UInt16) throws(DriverError) { connection = try HTTPConnection(port: port) }
    }

    @Test(arguments: [8, 16, 17, 100])
    func `however many say nothing, the next one is answered`(count: Int) throws {
        try serving { port in
            var idle: [Idle] = []
            for _ in 0..<count { idle.append(try Idle(port: port)) }
            for _ in 0..<3 {
                #expect(try HTTPConnection.ask("/greeting", port: port).body == "good day\n")
            }
            withExtendedLifetime(idle) {}
        }
    }

    @Test func `the connections of one address end no other's`() throws {
        try serving { port in
            // 127.0.0.2 is this machine, too.
            let other = try HTTPConnection(port: port, from: 0x7f00_0002)
            var idle: [Idle] = []
            for _ in 0..<100 { idle.append(try Idle(port: port)) }
            #expect(try HTTPConnection.ask("/greeting", port: port).body == "good day\n")
            other.send("GET /greeting HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let answer = other.receive()
            #expect(answer.hasSuffix("good day\n"))
            withExtendedLifetime(idle) {}
        }
    }

    @Test func `a page that takes long keeps no other one`() throws {
        let isAsked = DispatchSemaphore(value: 0)
        let mayEnd = DispatchSemaphore(value: 0)
        let server = try PageServer(host: "127.0.0.1", port: 0) { [greeting] path in
            if path == "/slow" {
                isAsked.signal()
                mayEnd.wait()
            }
            return greeting
        }
        // The server waits for its pages when it goes.
        defer { mayEnd.signal() }
        try withExtendedLifetime(server) {
            let slow = try HTTPConnection(port: server.port)
            slow.send("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            isAsked.wait()
            #expect(try HTTPConnection.ask("/", port: server.port).body == "good day\n")
            mayEnd.signal()
            let answer = slow.receive()
            #expect(answer.hasSuffix("good day\n"))
        }
    }

    @Test func `a page has the status that it says`() throws {
        let page = Page(status: 503, contentType: "text/plain", text: "not yet\n")
        let server = try PageServer(host: "127.0.0.1", port: 0) { _ in page }
        try withExtendedLifetime(server) {
            let answer = try HTTPConnection.ask("/", port: server.port)
            #expect(answer.head.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.body == "not yet\n")
        }
    }

    @Test func `two servers cannot have one address`() throws {
        try serving { port in
            let error = #expect(throws: DriverError.self) {
                try PageServer(host: "127.0.0.1", port: port) { _ in nil }
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("127.0.0.1:\(port)") == true)
            #expect(error?.message.contains("in use") == true)
        }
    }

    @Test func `an address of another machine is refused`() {
        let error = #expect(throws: DriverError.self) {
            try PageServer(host: "192.0.2.1", port: 0) { _ in nil }
        }
        #expect(error?.code == .unavailable)
    }

    @Test func `an empty host is every address`() throws {
        let server = try PageServer(host: "", port: 0) { [greeting] _ in greeting }
        let body = try withExtendedLifetime(server) {
            try HTTPConnection.ask("/", port: server.port).body
        }
        #expect(body == "good day\n")
    }

    @Test func `nobody listens any more when it has gone`() throws {
        var last = UInt16(0)
        try serving { last = $0 }
        #expect(!isListening(last))
    }
}
