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
                "'\(text)' is no endpoint; use unix:///absolute/path or tcp://host:port"
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
    static func joined(_ host: String, _ port: UInt16) -> String {
        let host = host.isEmpty ? "::" : host
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func unixPath(in text: String) -> String? {
        let prefix = ["unix://", "unix:"].first { text.hasPrefix($0) } ?? ""
        let path = text.dropFirst(prefix.count)
        return path.hasPrefix("/") && path.utf8.count > 1 ? String(path) : nil
    }

    private static func tcpAddress(in text: String) -> Endpoint? {
        var rest = text[...]
        for prefix in ["tcp://", "dns:///"] where text.hasPrefix(prefix) {
            rest = text.dropFirst(prefix.count)
        }
        guard !rest.contains("/"), let colon = rest.lastIndex(of: ":") else { return nil }
        let digits = rest[rest.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        var host = rest[..<colon]
        // Brackets stand around an IPv6 address and nowhere else.
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard host.contains(":") == isBracketed, !host.contains("["), !host.contains("]") else {
            return nil
        }
        return .tcp(host: String(host), port: port)
    }
}
