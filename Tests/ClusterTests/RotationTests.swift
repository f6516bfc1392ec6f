import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// New certificates, and then a new authority, while volumes come and go.
@Suite(.serialized, .fleet(), .timeLimit(.minutes(5)))
struct `Certificates that are rotated` {
    let fleet: Fleet

    init() throws { fleet = try Fleet.here() }

    @Test func `fail no call, and are those that new connections show`() async throws {
        let isOver = Flag()
        async let first = load(through: fleet.controllers[0], on: fleet.nodes[0], until: isOver)
        async let second = load(through: fleet.controllers[1], on: fleet.nodes[1], until: isOver)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await rotate()) } catch { outcome = .failure(error) }
        isOver.raise()
        let counts = try await [first, second]
        try outcome.get()
        #expect(counts.allSatisfy { $0 > 10 }, "\(counts) volumes")
    }

    private func rotate() async throws {
        try await take(.certificates)
        try await take(.authorities, "--replace-ca")
        try await take(.certificates)
        try await take(.authorities, "--forget-old-ca")
    }

    private enum Change { case certificates, authorities }

    /// Changes the files and waits until everybody has read them; then joins a node anew.
    private func take(_ change: Change, _ option: String? = nil) async throws {
        let members = fleet.controllers + fleet.nodes
        let before = try members.map { try shown(by: $0, change) }
        // Connections that are there stay; a node that starts makes new ones, in both directions.
        if let option { try fleet.makeCertificates(option) } else { try fleet.makeCertificates() }
        let changed = ContinuousClock.now
        for (member, before) in zip(members, before) {
            try await wait(for: "new \(change) of \(member.name)") {
                try shown(by: member, change) != before
            }
        }
        // Clients read theirs as often as servers.
        try await Task.sleep(until: changed + .seconds(11))
        let node = fleet.nodes[2]
        try await node.driver.restart()
        for controller in fleet.controllers {
            try await fleet.waitUntilComplete(controller)
            let name = controller.unique("joined")
            let request = Fleet.request(name, preferred: node.topology)
            let answer = try await fleet.insisting(on: request, through: controller)
            let volume = try #require(answer.volume)
            #expect(fleet.holders(of: name) == [node.name])
            try await controller.delete(volume.volumeID)
        }
    }

    /// The certificate that a server shows, or the names of the authorities that it trusts.
    private func shown(by member: Cluster, _ change: Change) throws -> [Substring] {
        let peer = try #require(fleet.controllers.first { $0 !== member })
        let text = try fleet.network.run(
            in: peer,
            [
                "/usr/bin/openssl", "s_client", "-connect", member.listenAddress, "-alpn", "h2",
                "-cert", "\(peer.certificates)/tls.crt", "-key", "\(peer.certificates)/tls.key",
            ]
        )
        let lines = text.split(separator: "\n")
        switch change {
        case .certificates:
            return Array(
                lines.drop { !$0.hasPrefix("-----BEGIN") }.prefix { !$0.hasPrefix("-----END") }
            )
        case .authorities:
            return Array(
                lines.drop { !$0.hasPrefix("Acceptable client") }.prefix { !$0.hasPrefix("Req") }
            )
        }
    }

    /// Makes a volume, lists and deletes it, over and over; answers how many there were.
    private func load(through controller: Cluster, on node: Cluster, until isOver: Flag)
        async throws -> Int
    {
        var count = 0
        while !isOver.isRaised {
            let name = controller.unique("load")
            let volume = try await controller.create(
                Fleet.request(name, preferred: node.topology)
            ).volumeID
            #expect(try await controller.get(volume).volumeID == volume)
            try await controller.delete(volume)
            count += 1
        }
        return count
    }
}
