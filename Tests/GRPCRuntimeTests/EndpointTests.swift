import DriverCore
import GRPCRuntime
import Testing

@Suite(.timeLimit(.minutes(5)))
struct EndpointTests {
    @Test(arguments: [
        ("unix:///csi/csi.sock", Endpoint.unix(path: "/csi/csi.sock")),
        ("unix:/csi/csi.sock", .unix(path: "/csi/csi.sock")),
        ("/csi/csi.sock", .unix(path: "/csi/csi.sock")),
        ("tcp://127.0.0.1:9000", .tcp(host: "127.0.0.1", port: 9000)),
        ("dns:///cairn.storage.svc:9000", .tcp(host: "cairn.storage.svc", port: 9000)),
        ("node-a:0", .tcp(host: "node-a", port: 0)),
        ("tcp://[::1]:9000", .tcp(host: "::1", port: 9000)),
        (":9000", .tcp(host: "", port: 9000)),
    ])
    func `every usual way to write an endpoint is read`(text: String, expected: Endpoint) throws {
        let endpoint = try Endpoint(parsing: text)
        #expect(endpoint == expected)
        let again = try Endpoint(parsing: endpoint.description)
        #expect(again.description == endpoint.description)
    }

    @Test(arguments: [
        "", "/", "unix://", "unix:relative", "csi.sock", "host", "host:", "host:65536", "host:-1",
        "::1:9000", "http://host:80", "tcp://host:80/path", "dns://server/host:80",
        "[[host]]:80", "[host]:80", "host]:80", "[::1:80", "[]:80", "host:+80",
        "Grüße:80", "ho st:80",
    ])
    func `anything else is refused, and the message shows it`(text: String) {
        let error = #expect(throws: DriverError.self) { try Endpoint(parsing: text) }
        #expect(error?.message.contains("'\(text)'") == true)
    }

    /// Each separator of an endpoint, and a character that joins with it.
    @Test(arguments: [
        "tcp://\u{742}vc*90\u{742}vc:90", "tcp:/\u{301}/host:80", "tcp://host:\u{301}80",
        "[\u{301}::1]:80", "[::1]\u{301}:80", "host/\u{200D}:80", "unix:\u{301}///csi.sock",
        "/\u{301}host:80\u{301}",
    ])
    func `a character that joins with a separator hides nothing`(text: String) throws {
        do throws(DriverError) {
            let endpoint = try Endpoint(parsing: text)
            let again = try Endpoint(parsing: endpoint.description)
            #expect(again.description.utf8.elementsEqual(endpoint.description.utf8))
            guard case .unix(let path) = endpoint else {
                Issue.record("\(text) is \(endpoint)")
                return
            }
            #expect(text.utf8.elementsEqual(path.utf8))
        } catch {
            #expect(error.code == .invalidRequest)
        }
    }
}
