/// Pings on idle connections, which notice a peer that vanished without closing.
package struct Keepalive: Sendable, Hashable {
    /// Without traffic for so long, a ping is sent.
    package var interval: Duration
    /// Without an answer for so long, the connection is closed.
    package var timeout: Duration
    /// Whether connections without calls are checked too.
    package var withoutCalls: Bool

    package init(
        interval: Duration,
        timeout: Duration = .seconds(20),
        withoutCalls: Bool = false
    ) {
        self.interval = interval
        self.timeout = timeout
        self.withoutCalls = withoutCalls
    }
}

/// Where and how a server listens, and what bounds it.
package struct ServerConfiguration: Sendable {
    /// At least one.
    package var endpoints: [Endpoint]
    /// For TCP endpoints; nil is plain text.
    ///
    /// Unix sockets are guarded by mode and group instead.
    package var tls: TLSFiles?
    /// How often the TLS files are looked at, in whole seconds, at least one.
    package var tlsRefresh: Duration = .seconds(10)
    /// The permission bits of unix sockets, set before a socket appears at its path.
    package var socketMode: UInt32 = 0o660
    /// The group id of unix sockets; nil leaves the group of the process.
    package var socketGroup: UInt32?
    /// Larger requests and responses are RESOURCE_EXHAUSTED.
    package var maximumMessageBytes: Int = 16 << 20
    /// Further calls wait in C-core until one ends.
    package var maximumConcurrentCalls: Int = 64
    /// New connections to the last TCP endpoint are closed while the process has so many descriptors
    /// open; nil is no limit.
    ///
    /// The oldest connection that has said nothing for a second makes room first.
    /// Of one server in a process. Each TLS connection costs tens of KiB: without a limit thousands of
    /// clients that come at once decide how much memory the process needs.
    package var maximumDescriptors: Int32?
    /// A connection that is not ready for calls after so long is closed.
    ///
    /// Far longer than a handshake takes, also among a thousand others. The default of gRPC is two
    /// minutes, for which whoever says nothing would keep a descriptor.
    package var handshakeLimit: Duration = .seconds(10)
    /// Pings to clients; nil sends none.
    package var keepalive: Keepalive?
    /// Clients that ping more often are disconnected.
    ///
    /// Five minutes is the default of gRPC.
    package var minimumClientPingInterval: Duration = .seconds(300)

    package init(endpoints: [Endpoint], tls: TLSFiles? = nil) {
        self.endpoints = endpoints
        self.tls = tls
    }
}
