/// How a channel connects, and what bounds it.
package struct ChannelOptions: Sendable {
    /// nil is plain text.
    ///
    /// All channels with the same files share the thread that watches them.
    package var tls: TLSFiles?
    /// How often the TLS files are looked at, in whole seconds, at least one.
    package var tlsRefresh: Duration = .seconds(10)
    /// The name that the server's certificate must carry, instead of the endpoint's host.
    package var serverName: String?
    /// Larger requests and responses fail.
    package var maximumMessageBytes: Int = 16 << 20
    /// The limit of headers and trailers; C-core's 8 KiB turn long error messages into
    /// RESOURCE_EXHAUSTED.
    package var maximumMetadataBytes: Int = 64 << 10
    /// Pings to the server; nil sends none.
    package var keepalive: Keepalive?
    /// A call waits for a connection until its deadline; otherwise it fails at once as UNAVAILABLE.
    package var waitsForReady: Bool = false

    package init(tls: TLSFiles? = nil) { self.tls = tls }
}
