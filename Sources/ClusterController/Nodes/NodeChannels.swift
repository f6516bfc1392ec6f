import CSIClient
import DriverCore
package import GRPCRuntime
import Synchronization

/// Connections to nodes: opened when a call needs one, kept, and closed when idle.
package final class NodeChannels: Sendable {
    private struct Entry {
        let channel: Channel
        var calls = 0
        var lastUse: ContinuousClock.Instant
    }

    /// A connection that was not used for this long is closed.
    private static let idleLimit = Duration.seconds(300)

    private let tls: TLSFiles?
    private let entries = Mutex<[Key: Entry]>([:])

    /// A node that moved to another endpoint is reached by a new connection.
    private struct Key: Hashable {
        let node: ByteKey
        let endpoint: Endpoint
        /// Whether the node's certificate must name the node, and not only its role.
        let isNamed: Bool
    }

    /// nil for plain text, which only tests use.
    package init(tls: TLSFiles?) { self.tls = tls }

    /// Runs `body` with a client of the node; the connection stays open at least that long.
    func withClient<Result>(
        of node: ClusterNode,
        _ body: (CSIClient) async throws(RPCFailure) -> Result
    ) async throws(RPCFailure) -> Result {
        let key = Key(node: ByteKey(node.id), endpoint: node.endpoint, isNamed: node.isNamed)
        let channel: Channel
        do throws(DriverError) {
            channel = try open(key, node.id)
        } catch {
            throw RPCFailure(.unavailable, error.message)
        }
        defer { close(key) }
        return try await body(CSIClient(channel: channel))
    }

    /// Closes what was idle for long; called from time to time.
    package func closeIdle() async {
        let idle = entries.withLock { entries -> [Channel] in
            let limit = ContinuousClock.now - Self.idleLimit
            let keys = entries.filter { $0.value.calls == 0 && $0.value.lastUse < limit }.keys
            return keys.compactMap { entries.removeValue(forKey: $0)?.channel }
        }
        for channel in idle { await channel.close() }
    }

    /// Closes everything; calls in flight are cancelled.
    package func closeAll() async {
        let channels = entries.withLock { entries in
            defer { entries = [:] }
            return entries.values.map(\.channel)
        }
        for channel in channels { await channel.close() }
    }

    private func open(_ key: Key, _ id: String) throws(DriverError) -> Channel {
        let result = entries.withLock { entries -> Result<Channel, DriverError> in
            if entries[key] == nil {
                do throws(DriverError) {
                    let channel = try Channel(
                        to: key.endpoint,
                        options: options(id, isNamed: key.isNamed)
                    )
                    entries[key] = Entry(channel: channel, lastUse: .now)
                } catch {
                    return .failure(error)
                }
            }
            entries[key]?.calls += 1
            guard let entry = entries[key] else { preconditionFailure("the entry was just made") }
            return .success(entry.channel)
        }
        return try result.get()
    }

    private func close(_ key: Key) {
        entries.withLock { entries in
            entries[key]?.calls -= 1
            entries[key]?.lastUse = .now
        }
    }

    private func options(_ id: String, isNamed: Bool) -> ChannelOptions {
        var options = ChannelOptions(tls: tls)
        if tls != nil {
            options.serverName =
                isNamed ? PeerRole.name(ofNode: id) : PeerRole.nodeName
        }
        // A node whose machine is gone sends no reset: pings find out.
        options.keepalive = Keepalive(interval: .seconds(10), timeout: .seconds(5))
        return options
    }
}
