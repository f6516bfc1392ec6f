import CSIClient
import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// Clients that vanish, and drivers that get in each other's way.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A process that should not be there` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `as a client that is killed in a copy leaves one whole volume`() async throws {
        let other = try await Bystander(on: .ext4Thin, of: cluster)
        let pool = cluster.pools[0]
        let source = try await noisyVolume(in: pool)
        let name = cluster.unique("copy")
        try await killClient(thatCopies: source, to: name, in: pool)
        let copy = try await retryingWhileAborted {
            try await cluster.create(name, mebibytes: 512, as: .block(), from: .volume(source))
        }.volumeID
        let sums = try [copy, source].map { try Files.checksum(pool.data(of: $0)) }
        #expect(sums[0] == sums[1])
        #expect(try await cluster.volumes().sorted() == [other.id, source, copy].sorted())
        #expect(Paths.names(in: "\(pool.directory)/volumes").count == 3)
        try await other.expectUnharmed()
        for id in [source, copy] { try await cluster.delete(id) }
        try await other.end()
    }

    /// A block volume of 512 MiB, of which 400 are noise: its copy takes a while.
    private func noisyVolume(in pool: Pool) async throws -> String {
        let id = try await cluster.create(
            cluster.unique("source"),
            mebibytes: 512,
            as: .block()
        ).volumeID
        try Tool.run(
            "/usr/bin/dd",
            "if=/dev/urandom",
            "of=\(pool.data(of: id))",
            "bs=1M",
            "count=400",
            "conv=notrunc"
        )
        return id
    }

    private func killClient(
        thatCopies source: String,
        to name: String,
        in pool: Pool
    ) async throws {
        let client = try ChildProgram(
            Driver.binary(),
            [
                "volume", "clone", source, name, "--block", "--endpoint",
                "unix://\(cluster.driver.places.socket)",
            ],
            standardError: "\(cluster.folder)/client.log"
        )
        try await wait(for: "copy") {
            Paths.names(in: "\(pool.directory)/volumes").contains { $0.hasPrefix(".creating-") }
                || client.ended != nil
        }
        client.signal(SIGKILL)
        #expect(try await client.waitForEnd() == .signalled(SIGKILL))
    }

    @Test func `as a second driver on socket and pools waits until the first has ended`()
        async throws
    {
        let other = try await Bystander(on: .ext4Thin, of: cluster)
        let before = try cluster.pools.map { try Listing.of($0.directory, without: other.id) }
        let second = Driver(places: cluster.driver.places)
        let socket = try FileIdentity(of: cluster.driver.places.socket)
        let process = try second.spawn()
        // Only now does a new client reach the second.
        try await wait(for: "second socket") {
            try FileIdentity(of: cluster.driver.places.socket) != socket
        }
        let channel = try Channel(to: .unix(path: cluster.driver.places.socket))
        let client = CSIClient(channel: channel)
        try await wait(for: "opened tiers") {
            try second.logText().contains("another driver uses it")
        }
        #expect(try second.logText().contains("another process served at this socket"))
        await expectWaiting(client, volume: other.id)
        // Connected before: served by the first.
        #expect(try await cluster.get(other.id).volumeID == other.id)
        try expectContents("bystander", in: other.target)
        #expect(
            try cluster.pools.map { try Listing.of($0.directory, without: other.id) } == before
        )
        try await cluster.driver.stop(SIGTERM)
        #expect(cluster.driver.places.socket.isThere)
        let volume = try await client.call(ControllerGetVolumeRequest(volumeID: other.id)).volume
        #expect(volume?.volumeID == other.id)
        await channel.close()
        process.signal(SIGTERM)
        #expect(try await process.waitForEnd() == .exited(0))
        try await cluster.driver.start()
        try await other.expectUnharmed()
        try await other.end()
    }

    /// It answers nothing of the pools that another driver has.
    private func expectWaiting(_ second: CSIClient, volume id: String) async {
        for call: () async throws -> Void in [
            { _ = try await second.call(ControllerGetVolumeRequest(volumeID: id)) },
            { _ = try await second.call(DeleteVolumeRequest(volumeID: id)) },
            { _ = try await second.call(ListVolumesRequest()) },
        ] {
            await expectFailure(.unavailable, "ext4-thin", "another driver", "stop") {
                try await call()
            }
        }
    }

    @Test func `as a driver on a path that holds a file ends with code 1 and leaves the file`()
        async throws
    {
        let folder = "\(cluster.folder)/\(cluster.unique("second"))"
        for name in ["", "/run", "/kubelet"] { try Paths.makeFolder(folder + name) }
        let driver = Driver(places: .init(folder: folder))
        try Bytes.write(
            "tiers:\n  - name: a\n    loop: {directory: \(folder)/a, provisioning: thin}\n",
            to: driver.places.tiersFile
        )
        try Bytes.write("precious", to: driver.places.socket)
        #expect(try await driver.spawn().waitForEnd() == .exited(1))
        #expect(try driver.logText().contains(driver.places.socket))
        #expect(try Files.text(driver.places.socket) == "precious")
    }
}
