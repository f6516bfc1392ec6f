import CSIClient
import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

extension Cluster {
    /// Opens that many connections that say nothing; fewer where the driver takes no more.
    func connections(_ wanted: Int) async throws -> RawConnections {
        let connections = RawConnections()
        let end = ContinuousClock.now + .seconds(20)
        while connections.count < wanted, ContinuousClock.now < end {
            // The listener's queue is full until the driver has taken some.
            if !connections.open(driver.places.socket) { await Task.yield() }
        }
        return connections
    }

    /// The descriptors that the driver has open.
    func descriptors() throws -> Int {
        Paths.names(in: "/proc/\(try #require(driver.pid))/fd").count
    }

    /// A call over a connection of its own, as of a client that comes just now.
    func callAnew() async throws -> Bool? {
        var options = ChannelOptions()
        options.waitsForReady = true
        let channel = try Channel(to: .unix(path: driver.places.socket), options: options)
        let client = CSIClient(channel: channel)
        let answer: Result<ProbeResponse, RPCFailure>
        do throws(RPCFailure) {
            answer = .success(try await client.call(ProbeRequest(), timeout: .seconds(20)))
        } catch {
            answer = .failure(error)
        }
        await channel.close()
        return try answer.get().ready
    }
}

@Suite(.serialized, .cluster(.ext4Thin), .timeLimit(.minutes(10)))
struct `Ten thousand connections` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `are held beside calls that work, and their descriptors come back`() async throws {
        let other = try await Bystander(on: .ext4Thin, of: cluster)
        let before = try cluster.descriptors()
        let wanted = min(10_000, RawConnections.most)
        let connections = try await cluster.connections(wanted)
        #expect(connections.count == wanted)
        #expect(try await cluster.callAnew() == true)
        try await other.expectUnharmed()
        connections.closeAll()
        try await wait(for: "closed descriptors") { try cluster.descriptors() < before + 20 }
        #expect(try await cluster.callAnew() == true)
        try await other.end()
    }
}

/// A driver that may have 200 descriptors.
@Suite(
    .serialized,
    .cluster(.ext4Thin, startedBy: { _ in ["/usr/bin/prlimit", "--nofile=200:200"] }),
    .timeLimit(.minutes(10))
)
struct `More connections than descriptors` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `leave volumes alone, and stop nobody who comes when they are gone`() async throws {
        let other = try await Bystander(on: .ext4Thin, of: cluster)
        let connections = try await cluster.connections(400)
        #expect(connections.count == 400)
        // Connected before, and descriptors are kept for it.
        #expect(try cluster.descriptors() < 120)
        try await other.expectUnharmed()
        connections.closeAll()
        #expect(try await cluster.callAnew() == true)
        try await other.end()
    }
}
