import CProcessShim
import DriverCore

/// A started C-core server with everything it listens on.
struct Listener {
    let core: CoreServer
    let queue: QueueThread
    private(set) var sockets: [UnixSocketFile] = []
    private(set) var ports: [UInt16] = []
    private(set) var replaced: [Int32] = []

    init(_ configuration: ServerConfiguration) throws(DriverError) {
        guard !configuration.endpoints.isEmpty else {
            throw DriverError(.invalidRequest, "the server has no endpoint; name one")
        }
        queue = try QueueThread()
        core = CoreServer(on: queue, options: Self.options(configuration))
        do throws(DriverError) {
            for endpoint in configuration.endpoints { try bind(endpoint, configuration) }
            if let most = configuration.maximumDescriptors, let port = ports.last {
                cprocess_limit_connections(port, most)
            }
            // Visible only when every endpoint is bound and the modes are set.
            for socket in sockets { replaced += try [socket.publish()].compactMap(\.self) }
        } catch {
            Self.abandon(core, queue, sockets)
            throw error
        }
        core.start()
    }

    /// Frees a server that is not served, behind the caller's back: C-core needs its queue for it.
    static func abandon(_ core: CoreServer, _ queue: QueueThread, _ sockets: [UnixSocketFile]) {
        for socket in sockets { socket.withdraw() }
        core.shutdown {
            core.destroy()
            for socket in sockets { socket.close() }
            queue.stop()
        }
    }

    private mutating func bind(_ endpoint: Endpoint, _ configuration: ServerConfiguration)
        throws(DriverError)
    {
        switch endpoint {
        case .unix(let path):
            let socket = try UnixSocketFile(
                path,
                mode: configuration.socketMode,
                group: configuration.socketGroup
            )
            sockets.append(socket)
            guard core.bind(socket.bindAddress, .insecureServer()) != nil else {
                throw DriverError(
                    .unavailable,
                    "cannot listen at \(path); check that its directory is writable"
                )
            }
        case .tcp(let host, let port):
            let credentials =
                if let tls = configuration.tls {
                    try Credentials.server(tls, refresh: configuration.tlsRefresh)
                } else {
                    Credentials.insecureServer()
                }
            guard let bound = core.bind(Endpoint.joined(host, port), credentials) else {
                throw DriverError(
                    .unavailable,
                    "cannot listen at \(endpoint): the port is taken or the address is not this "
                        + "host's; choose another"
                )
            }
            ports.append(bound)
        }
    }

    private static func options(_ configuration: ServerConfiguration) -> TransportOptions {
        let options = TransportOptions()
        options.setShared(
            maximumMessageBytes: configuration.maximumMessageBytes,
            keepalive: configuration.keepalive
        )
        options.set(
            "grpc.http2.min_ping_interval_without_data_ms",
            configuration.minimumClientPingInterval.milliseconds
        )
        options.set(
            "grpc.server_handshake_timeout_ms",
            configuration.handshakeLimit.milliseconds
        )
        // A second server on one TCP port is a mistake to report, not a load balancer.
        options.set("grpc.so_reuseport", 0)
        // What one connection may have waiting for a free slot; further calls wait at the client.
        options.set("grpc.max_concurrent_streams", configuration.maximumConcurrentCalls * 4)
        return options
    }
}
