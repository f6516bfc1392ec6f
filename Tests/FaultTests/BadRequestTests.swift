import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// Requests that nobody should send, beside those of the conformance tests.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A request that makes no sense` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private static let withText: [String] = [
        CreateVolumeRequest.method, DeleteVolumeRequest.method,
        ControllerGetVolumeRequest.method, ControllerExpandVolumeRequest.method,
        ValidateVolumeCapabilitiesRequest.method, CreateSnapshotRequest.method,
        DeleteSnapshotRequest.method, GetSnapshotRequest.method, NodeStageVolumeRequest.method,
        NodeUnstageVolumeRequest.method, NodePublishVolumeRequest.method,
        NodeUnpublishVolumeRequest.method, NodeGetVolumeStatsRequest.method,
        NodeExpandVolumeRequest.method,
    ]
    private static let withoutText: [String] = [
        GetPluginInfoRequest.method, GetPluginCapabilitiesRequest.method, ProbeRequest.method,
        ControllerGetCapabilitiesRequest.method, ListVolumesRequest.method,
        ListSnapshotsRequest.method, GetCapacityRequest.method,
        NodeGetCapabilitiesRequest.method, NodeGetInfoRequest.method,
    ]

    /// Expects that the body changes nothing in the pools, and that a volume in use goes on.
    private func changingNothing(_ body: (Bystander) async throws -> Void) async throws {
        let other = try await Bystander(on: .ext4Thin, of: cluster)
        let folders = cluster.pools.map(\.directory) + ["\(cluster.folder)/kubelet/pods"]
        let list = {
            try folders.flatMap { try Listing.of($0, without: other.id, other.target) }
        }
        let before = try list()
        try await body(other)
        #expect(try list() == before)
        try await other.expectUnharmed()
        try await other.end()
    }

    private func publish(_ id: String) async throws {
        _ = try await cluster.call(
            NodePublishVolumeRequest(
                volumeID: id,
                stagingTargetPath: cluster.staging("odd"),
                targetPath: cluster.target(),
                volumeCapability: .mount()
            )
        )
    }

    @Test func `as bytes that are no message is INVALID_ARGUMENT for every method`() async throws {
        try await changingNothing { _ in
            for method in Self.withText + Self.withoutText {
                for bytes: [UInt8] in [[0xff, 0xff], [0x0a, 0x7f, 0x41], [0x0b], [0x08]] {
                    await expectFailure(.invalidArgument, "Request") {
                        try await cluster.driver.rawCall(method, bytes)
                    }
                }
            }
        }
    }

    @Test func `as 5 MiB in one field is INVALID_ARGUMENT`() async throws {
        // Field 1 as text; the length takes four bytes of seven bits.
        let count = 5 << 20
        var bytes: [UInt8] = [0x0a]
        for group in 0..<4 {
            bytes.append(UInt8(count >> (7 * group) & 0x7f) | (group < 3 ? 0x80 : 0))
        }
        bytes += [UInt8](repeating: UInt8(ascii: "v"), count: count)
        try await changingNothing { _ in
            for method in Self.withText {
                await expectFailure(.invalidArgument) {
                    try await cluster.driver.rawCall(method, bytes)
                }
            }
        }
    }

    @Test(arguments: [
        "..", ".", "../volumes", "../../etc/passwd", "/etc/passwd", "v1-../../x", "volumes",
        "cairn-pool.json", "lost+found",
    ])
    func `with an id that is a path is about nothing`(_ text: String) async throws {
        try await changingNothing { other in
            for id in [text, "\(other.id)/../\(other.id)", ".creating-\(other.id)"] {
                try await cluster.delete(id)
                try await cluster.deleteSnapshot(id)
                for call: () async throws -> Void in [
                    { _ = try await cluster.get(id) },
                    { _ = try await cluster.expand(id, to: .mebibytes(64)) },
                    { try await cluster.stage(id, at: cluster.staging("odd")) },
                    { try await publish(id) },
                    { _ = try await cluster.snapshot(id, named: cluster.unique("snap")) },
                    { _ = try await cluster.create(cluster.unique("c"), from: .volume(id)) },
                    { _ = try await cluster.create(cluster.unique("c"), from: .snapshot(id)) },
                ] {
                    await expectFailure(.notFound, "'\(id)'") { try await call() }
                }
            }
        }
    }

    @Test func `with a target that is a link is refused, and the link's end not touched`()
        async throws
    {
        let id = try await cluster.create(cluster.unique("linked")).volumeID
        try await cluster.stage(id)
        try await changingNothing { _ in
            let outside = "\(cluster.folder)/\(cluster.unique("outside"))"
            try Paths.makeFolder(outside)
            try Bytes.write("precious", to: "\(outside)/file")
            for end in [outside, "\(outside)/file", "/nowhere"] {
                let link = cluster.target("link")
                try Paths.makeLink(link, to: end)
                await expectFailure(.failedPrecondition, link) {
                    try await cluster.publish(id, at: link)
                }
                await expectFailure(.internalError, link) {
                    try await cluster.unpublish(id, from: link)
                }
                try Paths.remove(link)
            }
            #expect(try Files.text("\(outside)/file") == "precious")
            #expect(Paths.names(in: outside) == ["file"])
        }
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    /// The kernel sees the slash before the mark; text that is split by characters does not.
    @Test func `with a slash that hides before a combining mark leads nowhere`() async throws {
        let id = try await cluster.create(cluster.unique("hidden")).volumeID
        try await cluster.stage(id)
        let outside = "\(cluster.folder)/\(cluster.unique("outside"))"
        let victim = "\(outside)/\u{301}victim"
        try Paths.makeFolder(outside)
        try Paths.makeFolder(victim)
        let link = cluster.target("hidden")
        try Paths.makeLink(link, to: outside)
        let path = "\(link)/\u{301}victim"
        for call: () async throws -> Void in [
            { try await cluster.publish(id, at: path) },
            { try await cluster.unpublish(id, from: path) },
            { try await cluster.unstage(id, from: path) },
        ] {
            await expectFailure(.invalidArgument, "symbolic link") { try await call() }
        }
        #expect(Paths.names(in: outside) == ["\u{301}victim"])
        try Paths.remove(link)
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    @Test func `for growth to a size that is none is refused, and names the field`() async throws {
        try await changingNothing { other in
            for range in [
                CapacityRange(), .init(requiredBytes: -1), .init(limitBytes: -1),
                .init(requiredBytes: .min), .init(requiredBytes: 2 << 30, limitBytes: 1 << 30),
            ] {
                await expectFailure(.invalidArgument, "capacity_range") {
                    try await cluster.expand(other.id, to: range)
                }
            }
            for size: Int64 in [.max, .max - 4096, 1 << 62] {
                await expectFailure(.outOfRange) {
                    try await cluster.expand(other.id, to: .init(requiredBytes: size))
                }
            }
            let volume = try await cluster.get(other.id)
            #expect(volume.capacityBytes == 32 << 20)
        }
    }

    @Test func `for a snapshot with a name of 129 bytes or control characters is refused`()
        async throws
    {
        try await changingNothing { other in
            await expectFailure(.invalidArgument, "name has 129 bytes", "128") {
                try await cluster.snapshot(other.id, named: String(repeating: "n", count: 129))
            }
            for character in ["\u{1}", "\u{1f}", "\u{7f}", "\u{9f}"] {
                await expectFailure(.invalidArgument, "control character") {
                    try await cluster.snapshot(other.id, named: "a\(character)b")
                }
            }
        }
    }
}
