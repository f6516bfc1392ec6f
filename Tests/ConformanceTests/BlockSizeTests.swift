import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Host
import TestSupport
import Testing

/// The logical block size belongs to a volume and holds for its whole life.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `Block sizes` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private func request(
        _ name: String,
        as capability: VolumeCapability = .mount(),
        _ parameters: [String: String] = [:],
        from source: VolumeContentSource? = nil
    ) -> CreateVolumeRequest {
        CreateVolumeRequest(
            name: cluster.unique(name),
            capacityRange: .mebibytes(32),
            volumeCapabilities: [capability],
            parameters: parameters,
            volumeContentSource: source
        )
    }

    /// The block size of the device while the volume is in use.
    private func blockSize(_ id: String, as capability: VolumeCapability = .mount()) async throws
        -> Int?
    {
        try await cluster.using(id, as: capability) { _ in
            let file = try LoopDevices.files().first { $0.volume?.text == id }
            let name = try #require(file?.device.path.split(separator: "/").last)
            let path = "/sys/block/\(name)/queue/logical_block_size"
            let text = String(decoding: try Bytes.read(path), as: UTF8.self)
            return Int(text.split(separator: "\n").first ?? "")
        }
    }

    @Test func `mounted volumes get 4096, raw ones 512, and a class what it asks`() async throws {
        let mounted = try await cluster.create(request("mounted")).volumeID
        #expect(try await blockSize(mounted) == 4096)
        let raw = try await cluster.create(request("raw", as: .block())).volumeID
        #expect(try await blockSize(raw, as: .block()) == 512)
        let small = try await cluster.create(request("small", ["blockSize": "512"])).volumeID
        #expect(try await blockSize(small) == 512)
        let large = request("large", as: .block(), ["blockSize": "4096"])
        let id = try await cluster.create(large).volumeID
        #expect(try await blockSize(id, as: .block()) == 4096)
        #expect(try await cluster.create(large).volumeID == id)
    }

    @Test func `copies keep their source's size and refuse another one`() async throws {
        let source = try await cluster.create(request("source", ["blockSize": "512"])).volumeID
        try await cluster.using(source) { _ in }
        let snapshot = try await cluster.snapshot(source, named: cluster.unique("snap")).snapshotID
        let sources: [VolumeContentSource] = [.snapshot(snapshot), .volume(source)]
        for from in sources {
            let copy = try await cluster.create(request("copy", from: from)).volumeID
            #expect(try await blockSize(copy) == 512)
            let other = request("other", ["blockSize": "4096"], from: from)
            await expectFailure(.invalidArgument, "512", "blockSize") {
                try await cluster.create(other)
            }
        }
        let large = try await cluster.create(request("large")).volumeID
        let copy = try await cluster.create(request("copy", from: .volume(large))).volumeID
        #expect(try await blockSize(copy) == 4096)
    }

    @Test func `a file system of small blocks gets a device of small ones`() async throws {
        let options = ["mkfsOptions": "-b 1024"]
        let id = try await cluster.create(request("small", options)).volumeID
        #expect(try await blockSize(id) == 512)
        let both = options.merging(["blockSize": "4096"]) { first, _ in first }
        await expectFailure(.invalidArgument, "mkfsOptions", "4096") {
            try await cluster.create(request("both", both))
        }
    }

    @Test func `another class of the same name is another volume`() async throws {
        var request = request("class", ["blockSize": "512"])
        _ = try await cluster.create(request)
        request.parameters = ["blockSize": "4096"]
        await expectFailure(.alreadyExists, "parameter 'blockSize'") {
            try await cluster.create(request)
        }
    }
}
