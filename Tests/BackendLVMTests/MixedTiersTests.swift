import CSIMessages
import DriverCore
import DriverHarness
import Foundation
import GRPCRuntime
import Host
import TestSupport
import Testing

/// One driver over a loop pool, a volume group and a thin pool of the same group.
@Suite(.inGuest, .timeLimit(.minutes(10)))
struct MixedTiersTests {
    private static let extent = Int64(4 << 20)

    /// The real driver over the tiers `ext4-thin`, `thick` and `thin`, of which the last is the
    /// default; an admin's volume lies in the group.
    private func withTiers(
        _ body: (Cluster, TestSupport.VolumeGroup) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(disks: 3, diskSize: .mebibytes(516))
            try group.makeThinPool("pool", size: .mebibytes(256))
            try group.lvm("lvcreate", "--size", "8m", "--name", "admin", group.name)
            let cluster = try Cluster(
                in: folder,
                pools: [.ext4Thin],
                poolSize: .mebibytes(256),
                wrapper: []
            )
            defer { Leftovers.remove(beneath: folder.path) }
            let tiers = """
                tiers:
                  - name: ext4-thin
                \(cluster.pools[0].yaml)
                  - name: thick
                    lvm: {volumeGroup: \(group.name)}
                  - name: thin
                    default: true
                    lvm: {volumeGroup: \(group.name), thinPool: pool}
                """
            try Bytes.write(tiers, to: cluster.driver.places.tiersFile)
            do {
                try await cluster.driver.start()
                for tier in ["thick", "thin"] { try await waitForTier(tier, of: cluster) }
                try await body(cluster, group)
            } catch {
                _ = try await cluster.driver.stop(SIGKILL)
                throw error
            }
            _ = try await cluster.driver.stop()
        }
    }

    private func kinds(in group: TestSupport.VolumeGroup) throws -> [String: String] {
        let rows = try group.rows("lv_name,segtype").filter { $0[0].hasPrefix("v1-") }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
    }

    private func request(_ name: String, bytes: Int64, _ parameters: [String: String])
        -> CreateVolumeRequest
    {
        CreateVolumeRequest(
            name: name,
            capacityRange: .init(requiredBytes: bytes),
            volumeCapabilities: [.block()],
            parameters: parameters
        )
    }

    private func largest(_ cluster: Cluster, _ parameters: [String: String]) async throws -> Int64 {
        let request = GetCapacityRequest(
            volumeCapabilities: [.block()],
            parameters: parameters
        )
        return try #require(try await cluster.call(request).maximumVolumeSize)
    }

    @Test
    func `each volume lies in the tier of its class, or in the default one`() async throws {
        try await withTiers { cluster, group in
            let inPool = try await cluster.create("a").volumeID
            let inGroup = try await cluster.create("b", tier: "thick").volumeID
            let inFile = try await cluster.create("c", tier: "ext4-thin").volumeID
            #expect(try kinds(in: group) == [inPool: "thin", inGroup: "linear"])
            #expect(Files.objects(in: cluster.pools[0]) == [inFile])
            #expect(try await cluster.volumes() == [inPool, inGroup, inFile].sorted())
            for (name, tier) in [("a", "thin"), ("b", "thick"), ("c", "ext4-thin")] {
                // Naming the default tier is no difference; any other one is.
                _ = try await cluster.create(name, tier: tier)
                let other = tier == "thin" ? "thick" : "thin"
                await expectFailure(.alreadyExists) {
                    try await cluster.create(name, tier: other)
                }
            }
            for id in [inPool, inGroup, inFile] { try await cluster.delete(id) }
            #expect(try kinds(in: group).isEmpty)
            #expect(Files.objects(in: cluster.pools[0]).isEmpty)
            #expect(try group.rows("lv_name").contains { $0[0] == "admin" })
        }
    }

    @Test
    func `the capacity of each is what can be made, and an extent more cannot`()
        async throws
    {
        try await withTiers { cluster, group in
            let classes: [[String: String]] = [
                ["tier": "thin"], ["tier": "thick"], ["tier": "thick", "stripes": "3"],
                ["tier": "thick", "raid": "raid5", "stripeSize": "128Ki"],
            ]
            for parameters in classes {
                let size = try await largest(cluster, parameters)
                #expect(size > 200 << 20)
                let more = request("more", bytes: size + Self.extent, parameters)
                await expectFailure(.resourceExhausted, "no room") {
                    try await cluster.create(more)
                }
                let made = try await cluster.create(request("all", bytes: size, parameters))
                #expect(made.capacityBytes == size)
                #expect(try await largest(cluster, parameters) == 0)
                // The tiers of one group take no room from each other's but where they share it.
                let others = try await largest(cluster, ["tier": "ext4-thin"])
                #expect(others > 0)
                try await cluster.delete(made.volumeID)
                #expect(try await largest(cluster, parameters) == size)
            }
            #expect(try kinds(in: group).isEmpty)
        }
    }

    @Test
    func `a class's layout is compared, and rounds sizes`() async throws {
        try await withTiers { cluster, group in
            let raid5 = ["tier": "thick", "raid": "raid5"]
            let mebibytes = Int64(1 << 20)
            let asked = request("a", bytes: 33 * mebibytes, raid5)
            let volume = try await cluster.create(asked)
            #expect(volume.capacityBytes == 40 * mebibytes)
            #expect(try kinds(in: group) == [volume.volumeID: "raid5"])
            #expect(try await cluster.create(asked).volumeID == volume.volumeID)
            for other in [["tier": "thick"], ["tier": "thick", "raid": "raid1"]] {
                await expectFailure(.alreadyExists, "with a different parameter") {
                    try await cluster.create(request("a", bytes: 33 * mebibytes, other))
                }
            }
            let range = CapacityRange(requiredBytes: 41 * mebibytes)
            let grown = try await cluster.expand(volume.volumeID, to: range, as: .block())
            #expect(grown.capacityBytes == 48 * mebibytes)
            await expectFailure(.outOfRange) {
                let narrow = CapacityRange(
                    requiredBytes: 49 * mebibytes,
                    limitBytes: 55 * mebibytes
                )
                _ = try await cluster.expand(volume.volumeID, to: narrow, as: .block())
            }
            try await cluster.delete(volume.volumeID)
        }
    }

    @Test
    func `a copy without a size has its grown source's, in the layout of its own class`()
        async throws
    {
        try await withTiers { cluster, group in
            let raid5 = ["tier": "thick", "raid": "raid5"]
            let source = try await cluster.create(request("a", bytes: 33 << 20, raid5))
            let range = CapacityRange(requiredBytes: 41 << 20)
            _ = try await cluster.expand(source.volumeID, to: range, as: .block())
            var copy = request("copy", bytes: 0, ["tier": "thick", "stripes": "3"])
            copy.volumeContentSource = .volume(source.volumeID)
            copy.capacityRange = nil
            let clone = try await cluster.create(copy)
            #expect(clone.capacityBytes == 48 << 20)
            let kinds = try kinds(in: group)
            #expect(kinds == [source.volumeID: "raid5", clone.volumeID: "striped"])
            for id in [source.volumeID, clone.volumeID] { try await cluster.delete(id) }
        }
    }

    @Test
    func `a layout that needs more disks, or no thin pool, makes nothing and has no capacity`()
        async throws
    {
        try await withTiers { cluster, group in
            let raid6 = request("c", bytes: 33 << 20, ["tier": "thick", "raid": "raid6"])
            await expectFailure(.resourceExhausted, "needs 5 disks", "of 3 disks") {
                try await cluster.create(raid6)
            }
            await expectFailure(.resourceExhausted, "thin pool \(group.name)/pool") {
                try await cluster.create(request("c", bytes: 1, ["raid": "raid1"]))
            }
            let capacity = try await cluster.call(GetCapacityRequest(parameters: raid6.parameters))
            #expect(capacity.availableCapacity == 0 && capacity.maximumVolumeSize == 0)
            #expect(try kinds(in: group).isEmpty)
        }
    }

    @Test
    func `doctor shows what it looks at in each tier`() async throws {
        try await withTiers { cluster, group in
            _ = try await cluster.create("a")
            let report = try output(
                of: ["doctor", "--state-dir", cluster.driver.places.stateFolder],
                as: Report.self,
                on: cluster
            )
            #expect(report.isHealthy)
            let subjects = { (area: String) in
                Set(report.checks.filter { $0.area == area }.map(\.subject))
            }
            #expect(subjects("tier ext4-thin").isSuperset(of: ["pool", "room", "objects"]))
            let ofGroup: Set = [
                "device mapper", "lvm", "disks", "metadata area", "objects", "shared",
            ]
            #expect(
                subjects("tier thick").isSuperset(
                    of: ofGroup.union(["module dm-snapshot", "room"])
                )
            )
            let pool = "of \(group.name)/pool"
            let levels: Set = [
                "module dm-thin-pool", "thin_check", "data \(pool)", "metadata \(pool)",
            ]
            #expect(subjects("tier thin").isSuperset(of: ofGroup.union(levels)))
            let shared = report.checks.first { $0.area == "tier thin" && $0.subject == "shared" }
            #expect(shared?.found == "1 other volumes in volume group \(group.name)")
        }
    }

    @Test
    func `tier list shows each tier with the room that GetCapacity tells`() async throws {
        try await withTiers { cluster, _ in
            _ = try await cluster.create("a")
            let tiers = try output(of: ["tier", "list"], as: [Row].self, on: cluster)
            #expect(tiers.map(\.name) == ["ext4-thin", "thick", "thin"])
            #expect(tiers.map(\.kind) == ["loop", "lvm", "lvm"])
            #expect(tiers.map(\.provisioning) == ["thin", "thick", "thin"])
            #expect(tiers.map(\.isDefault) == [false, false, true])
            #expect(tiers.allSatisfy { $0.state == "ready" })
            for tier in tiers {
                let told = try await cluster.capacity(of: tier.name)
                #expect(tier.availableBytes == told.availableCapacity)
                #expect(tier.totalBytes >= tier.availableBytes)
            }
            // Of 256 MiB 32 are promised; the group has lost its pool and the admin's volume.
            #expect(tiers[2].totalBytes == 256 << 20)
            #expect(tiers[2].availableBytes == 224 << 20)
        }
    }

    /// What a command of the binary prints as JSON.
    private func output<Value: Decodable>(
        of command: [String],
        as type: Value.Type,
        on cluster: Cluster
    ) throws -> Value {
        let places = cluster.driver.places
        let common = ["--output", "json", "--config", places.tiersFile]
        let output = try HostCommand(
            program: Driver.binary(),
            arguments: command + common + ["--endpoint", "unix://\(places.socket)"]
        ).run(deadline: .seconds(60))
        return try JSONDecoder().decode(type, from: Data(output.standardOutput.utf8))
    }

    private struct Report: Decodable {
        struct Check: Decodable {
            let area: String
            let subject: String
            let found: String
        }

        let isHealthy: Bool
        let checks: [Check]
    }

    private struct Row: Decodable {
        let name: String
        let kind: String
        let provisioning: String
        let isDefault: Bool
        let state: String
        let totalBytes: Int64
        let availableBytes: Int64
    }
}
