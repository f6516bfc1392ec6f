import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// A thick volume that is deleted and made again, as its users see it: raw block, by the driver.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct PredecessorTests {
    private static let noise = Bytes.noise(count: 1 << 20)
    /// A wipe policy and the disks that it is for.
    typealias Case = (wipe: String, disk: GuestDisk.Behaviour)

    /// Runs the body over a group of which each byte was a user's, whose volume is deleted.
    private func withSoiledGroup(
        _ disk: GuestDisk.Behaviour,
        wipe: String,
        _ body: (Cluster, TestSupport.VolumeGroup) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(diskSize: .mebibytes(48))
            try group.disks[0].behave(disk)
            let cluster = try Cluster(in: folder, pools: [], poolSize: .zero, wrapper: [])
            try await running(cluster, over: group, "wipe: none") { cluster in
                let id = try await createWhole(in: cluster)
                try await cluster.using(id, as: .block()) { device in
                    try Bytes.fill(device, with: Self.noise)
                }
                try await cluster.delete(id)
            }
            try await running(cluster, over: group, "wipe: \(wipe)") { cluster in
                try await body(cluster, group)
            }
        }
    }

    /// A volume of all that the group has.
    private func createWhole(in cluster: Cluster) async throws -> String {
        let size = try #require(try await cluster.capacity().maximumVolumeSize)
        return try await cluster.create("whole", mebibytes: size >> 20, as: .block()).volumeID
    }

    @Test(
        arguments: [
            ("zero", .healthy), ("discard", .healthy), ("zero", .promisingNoZeros),
        ] as [Case]
    )
    func `reads no byte of its predecessor`(of promise: Case) async throws {
        try await withSoiledGroup(promise.disk, wipe: promise.wipe) { cluster, _ in
            let id = try await createWhole(in: cluster)
            try await cluster.using(id, as: .block()) { device in
                let isZero = try Bytes.isZero(device)
                #expect(isZero)
            }
            try await cluster.delete(id)
        }
    }

    @Test func `is not made where a discard promises no zeros`() async throws {
        try await withSoiledGroup(.promisingNoZeros, wipe: "discard") { cluster, group in
            await expectFailure(.unavailable, "wipe: zero", "not promise zeros") {
                try await createWhole(in: cluster)
            }
            let volumes = try await cluster.volumes()
            let rows = try group.rows("lv_name")
            #expect(volumes == [] && rows == [])
        }
    }

    /// That the others can fail: what was written is there where nobody wipes it.
    @Test func `reads what its predecessor wrote where nothing is promised`() async throws {
        try await withSoiledGroup(.healthy, wipe: "none") { cluster, _ in
            let id = try await createWhole(in: cluster)
            try await cluster.using(id, as: .block()) { device in
                let found = try Bytes.read(device, at: 20 << 20, count: 1 << 20)
                #expect(found == Self.noise)
            }
            try await cluster.delete(id)
        }
    }
}
