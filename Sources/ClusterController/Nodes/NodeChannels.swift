import CSIClient
import DriverCore
package import GRPCRuntime
import Synchronization

/// Connections to nodes: opened when a call needs one, kept, and closed when idle.
package final class NodeChannels: Sendable {
    /// A connection that was not used for this long is closed.
    private static let idleLimit = Duration.seconds(300)
    /// With more connections than this, the one that has been idle longest is closed at once.
    ///
    /// A list calls every node, and a connection costs some 200 KiB, with the certificates of its channel.
    package static let mostKept = 128

    private struct Entry {
        let channel: Channel
        var calls = 0
        var lastUse: ContinuousClock.Instant
    }

    /// A node that moved to another endpoint is reached by a new connection.
    private struct Key: Hashable {
        let node: ByteKey
        let endpoint: Endpoint
        /// Whether the node's certificate must name the node, and not only its role.
        let isNamed: Bool
    }

    private let tls: TLSFiles
    private let mostKept: Int
    private let entries = Mutex<[Key: Entry]>([:])

    package init(tls: TLSFiles, mostKept: Int = mostKept) {
        self.tls = tls
        self.mostKept = mostKept
    }

    /// Runs `body` with a client of the node; the connection stays open at least that long.
    func withClient<Result>(
        of node: ClusterNode,
        _ body: (CSIClient) async throws(RPCFailure) -> Result
    ) async throws(RPCFailure) -> Result {
        let key = Key(node: ByteKey(node.id), endpoint: node.endpoint, isNamed: node.isNamed)
        let channel: Channel
        do throws(DriverError) {
            channel = try open(key)
        } catch {
            throw RPCFailure(.unavailable, error.message)
        }
        do throws(RPCFailure) {
            let result = try await body(CSIClient(channel: channel))
            await giveBack(key)
            return result
        } catch {
            await giveBack(key)
            throw error
        }
    }

    /// How many connections there are.
    var count: Int { entries.withLock { $0.count } }

    /// Closes connections that have been idle for long; called at intervals.
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

    private func open(_ key: Key) throws(DriverError) -> Channel {
        let result = entries.withLock { entries -> Result<Channel, DriverError> in
            if entries[key] == nil {
                do throws(DriverError) {
                    let channel = try Channel(to: key.endpoint, options: options(key))
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

    /// The call has ended; with too many connections, one without a call is closed.
    private func giveBack(_ key: Key) async {
        let surplus = entries.withLock { entries -> Channel? in
            entries[key]?.calls -= 1
            entries[key]?.lastUse = .now
            guard entries.count > mostKept else { return nil }
            let oldest = entries.filter { $0.value.calls == 0 }
                .min { $0.value.lastUse < $1.value.lastUse }
            return oldest.flatMap { entries.removeValue(forKey: $0.key)?.channel }
        }
        await surplus?.close()
    }

    private func options(_ key: Key) -> ChannelOptions {
        var options = ChannelOptions(tls: tls)
        options.serverName =
            key.isNamed ? PeerRole.name(ofNode: key.node.text) : PeerRole.nodeName
        // A node whose machine is gone sends no reset: pings find out.
        options.keepalive = Keepalive(interval: .seconds(10), timeout: .seconds(5))
        return options
    }
}
