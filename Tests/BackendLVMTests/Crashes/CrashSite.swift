import CSIMessages
import DriverCore
import DriverHarness
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// A real driver over one tier, in a group where others live too: what the trials of a suite share.
///
/// A raw volume is published all the time, has a snapshot, and has changed since.
final class CrashSite: Sendable {
    @TaskLocal static var current: CrashSite?

    static let size: Int64 = 16
    /// What the snapshot holds, and what its volume has held since.
    static let (early, late): (UInt64, UInt64) = (1, 2)
    private static let strangers: UInt64 = 3

    let kind: TestTier.Kind
    let cluster: Cluster
    let disks: TestSupport.VolumeGroup
    let source: String
    let snapshot: String
    let empty: GroupPicture
    private let watch: GroupWatch
    private static let foreign = "foreign"

    static func here() throws -> CrashSite { try #require(current) }

    /// Builds everything; the driver runs then.
    init(_ kind: TestTier.Kind, in folder: TemporaryFolder) async throws {
        let disks = try folder.makeVolumeGroup(diskSize: .gibibytes(1))
        try Self.settle(in: disks, kind)
        let cluster = try Cluster(in: folder, pools: [], poolSize: .zero, wrapper: [])
        try Bytes.write(Self.tiers(on: disks, kind), to: cluster.driver.places.tiersFile)
        cluster.driver.setVariables([Failpoint.variable: Self.traps(in: cluster)])
        try await cluster.driver.start()
        try await waitForTier(of: cluster)

        source = try await cluster.create("source", mebibytes: Self.size, as: .block()).volumeID
        try await cluster.stage(source, as: .block())
        try await cluster.publish(source, at: cluster.target(), as: .block())
        try Marks.write(Self.early, to: disks.path(of: source))
        snapshot = try await cluster.snapshot(source, named: "snapshot").snapshotID
        try Marks.write(Self.late, to: disks.path(of: source))
        watch = GroupWatch(disks, pool: kind == .thin ? TestTier.pool : nil)
        empty = try watch.look()
        self.kind = kind
        self.disks = disks
        self.cluster = cluster
    }

    /// A volume of somebody else, and old bytes where the tier's volumes are going to lie.
    private static func settle(in disks: TestSupport.VolumeGroup, _ kind: TestTier.Kind) throws {
        var place = ["--extents", "4", disks.name]
        if kind == .thin {
            try disks.makeThinPool(
                TestTier.pool,
                size: .mebibytes(512),
                arguments: ["--chunksize", "64k"]
            )
            place = ["--virtualsize", "\(size)m", "--thinpool", "\(disks.name)/\(TestTier.pool)"]
        }
        try disks.lvm(["lvcreate", "--name", foreign] + place)
        try Marks.write(strangers, to: disks.path(of: foreign))
        guard kind == .thick else { return }
        try disks.lvm("lvcreate", "--name", "old", "--size", "160m", disks.name)
        try Bytes.fill(disks.path(of: "old"), with: Bytes.noise(count: 1 << 20, seed: 9))
        try disks.lvm("lvremove", "\(disks.name)/old")
    }

    private static func tiers(on disks: TestSupport.VolumeGroup, _ kind: TestTier.Kind) -> String {
        let pool = kind == .thin ? ", thinPool: \(TestTier.pool), overcommit: 10" : ""
        return "tiers:\n  - name: lvm\n    default: true\n"
            + "    lvm: {volumeGroup: \(disks.name)\(pool)}\n"
    }

    private static func traps(in cluster: Cluster) -> String { "\(cluster.folder)/failpoints" }

    /// What the driver meets from now on; nothing where the text is empty.
    func arm(_ traps: String) throws {
        let line = traps.isEmpty ? "" : "\(cluster.unique("line")) \(traps)"
        try Bytes.write(line, to: Self.traps(in: cluster))
    }

    /// Starts the driver where it does not run, and waits for its tier.
    func start() async throws {
        try arm("")
        if cluster.driver.pid == nil { try await cluster.driver.start() }
        try await waitForTier(of: cluster)
    }

    func picture() throws -> GroupPicture { try watch.look() }

    func path(of volume: String) -> String { disks.path(of: volume) }

    func create(
        _ subject: CrashSubject,
        mebibytes: Int64,
        as capability: VolumeCapability = .block(),
        from source: VolumeContentSource? = nil
    ) async throws -> Volume {
        try await cluster.create(
            subject.name,
            mebibytes: mebibytes,
            as: capability,
            from: source
        )
    }

    /// Takes everything back that a trial has made.
    func removeAll() async throws {
        for volume in try await cluster.volumes() where volume != source {
            try await cluster.unstage(volume)
            try await cluster.delete(volume)
        }
        for other in try await cluster.snapshots() where other != snapshot {
            try await cluster.deleteSnapshot(other)
        }
    }

    /// Expects the group to be as it was, and what lives in it to be well.
    func expectEmpty() throws {
        #expect(try picture() == empty)
        #expect(Suspended.devices() == [])
        try Marks.expect(Self.strangers, in: path(of: Self.foreign))
        try Marks.expect(Self.late, in: path(of: source))
    }
}

/// Gives a suite a ``CrashSite`` of its own, and takes it down when the last test is done.
struct CrashSiteTrait: SuiteTrait, TestScoping {
    let kind: TestTier.Kind

    @concurrent func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            defer { Leftovers.remove(beneath: folder.path) }
            let site = try await CrashSite(kind, in: folder)
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(
                    try await CrashSite.$current.withValue(site) { try await function() }
                )
            } catch {
                outcome = .failure(error)
            }
            _ = try await site.cluster.driver.stop(SIGKILL)
            try outcome.get()
        }
    }
}

extension Trait where Self == CrashSiteTrait {
    static func crashSite(_ kind: TestTier.Kind) -> Self { CrashSiteTrait(kind: kind) }
}
