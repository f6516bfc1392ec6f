package import DriverCore

/// Where a server listens and a client connects.
package enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// An absolute path.
    case unix(path: String)
    /// A name or an address; IPv6 without brackets. An empty host is every address, for servers.
    case tcp(host: String, port: UInt16)

    /// Reads `unix:///path`, `unix:/path`, `/path`, `tcp://host:port`, `dns:///host:port` and
    /// `host:port`.
    package init(parsing text: String) throws(DriverError) {
        if let path = Self.unixPath(in: text) {
            self = .unix(path: path)
        } else if let address = Self.tcpAddress(in: text) {
            self = address
        } else {
            throw DriverError(
                .invalidRequest,
                "'\(text)' is not an endpoint; use unix:///absolute/path or tcp://host:port"
            )
        }
    }

    package var description: String {
        switch self {
        case .unix(let path): "unix://\(path)"
        case .tcp(let host, let port): "tcp://\(Self.joined(host, port))"
        }
    }

    /// `host:port`, with brackets around IPv6; an empty host becomes `[::]`.
    package static func joined(_ host: String, _ port: UInt16) -> String {
        let host = host.isEmpty ? "::" : host
        return host.containsByte(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func unixPath(in text: String) -> String? {
        let path =
            text.removingBytePrefix("unix://") ?? text.removingBytePrefix("unix:") ?? text[...]
        return path.hasBytePrefix("/") && path.utf8.count > 1 ? String(path) : nil
    }

    private static func tcpAddress(in text: String) -> Endpoint? {
        let rest =
            text.removingBytePrefix("tcp://") ?? text.removingBytePrefix("dns:///") ?? text[...]
        guard let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = Self.port(rest[rest.utf8.index(after: colon)...])
        else { return nil }
        let written = rest[..<colon]
        // Brackets stand around an IPv6 address and nowhere else.
        let inside = written.removingBytePrefix("[")?.removingByteSuffix("]")
        let host = inside ?? written
        guard host.utf8.allSatisfy(isHostByte), host.containsByte(":") == (inside != nil) else {
            return nil
        }
        return .tcp(host: String(host), port: port)
    }

    private static func port(_ digits: Substring) -> UInt16? {
        digits.isDecimal ? UInt16(digits) : nil
    }

    /// Of a name or an address: printable ASCII but for what has a meaning around a host.
    ///
    /// A name of other characters is written in its ASCII form (`xn--...`), as DNS has it.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"/[]".utf8.contains(byte)
    }
}
