package import DriverCore
import Glibc
import Host

/// One connection to a server of this machine, spoken to in plain bytes.
package struct HTTPConnection: ~Copyable {
    private let descriptor: CInt

    /// Connects to 127.0.0.1, from another address of the machine where it is given; throws
    /// `unavailable` where nobody listens.
    package init(port: UInt16, from source: UInt32? = nil) throws(DriverError) {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_INET, kind, 0)
        if let source { Self.bind(descriptor, source) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, size)
            }
        }
        if code != 0 { throw DriverError(.unavailable, "nobody listens on port \(port)") }
    }

    deinit { close(descriptor) }

    private static func bind(_ descriptor: CInt, _ source: UInt32) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = source.bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, size)
            }
        }
    }

    package func send(_ text: String) {
        let bytes = Array(text.utf8)
        // A server that has closed the connection shows in what is received.
        _ = unsafe Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    /// Says that nothing more will be sent.
    package func end() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Everything until the server ends the connection, or says nothing for too long.
    package func receive() -> String {
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while waitUntilReadable(descriptor) {
            let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
            if count <= 0 { break }
            received.append(contentsOf: chunk[..<count])
        }
        return String(decoding: received, as: UTF8.self)
    }

    /// Asks on a connection of its own; the head and the body of the answer.
    package static func ask(_ path: String, method: String = "GET", port: UInt16, body: String = "")
        throws(DriverError) -> (head: String, body: String)
    {
        let connection = try HTTPConnection(port: port)
        connection.send(
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        let answer = connection.receive()
        guard let end = answer.firstRange(of: "\r\n\r\n") else { return (answer, "") }
        return (String(answer[..<end.lowerBound]), String(answer[end.upperBound...]))
    }
}
