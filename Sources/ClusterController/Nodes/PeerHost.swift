import DriverCore
import GRPCRuntime

extension Peer {
    /// The IP address without its port; nil for a unix socket.
    ///
    /// Source: libgrpc 1.51, grpc_call_get_peer: `ipv4:10.0.0.1:4711`, `ipv6:%5Bfd00::1%5D:4711`.
    var host: String? {
        let text = address.replacingBytes("%5B", with: "[").replacingBytes("%5D", with: "]")
        if let rest = text.removingBytePrefix("ipv4:") {
            return String(rest.bytePrefix(before: ":"))
        }
        guard let rest = text.removingBytePrefix("ipv6:[") else { return nil }
        return String(rest.bytePrefix(before: "]"))
    }
}
