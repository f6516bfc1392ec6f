import Backend
import DriverCore
import Host
import Naming
import TestSupport
import Testing

@testable import BackendLVM

/// A tier over a volume group of one test, as a driver has it.
struct TestTier: Sendable {
    enum Kind: String, Sendable, CaseIterable, CustomStringConvertible {
        case thick, thin

        var description: String { rawValue }
    }

    static let pool = "pool"

    let disks: TestSupport.VolumeGroup
    let backend: LVMBackend

    /// Does not start it.
    init(
        over disks: TestSupport.VolumeGroup,
        _ provisioning: Provisioning,
        reserve: Reserve = .percent(0)
    ) {
        self.disks = disks
        backend = LVMBackend(
            tier: "tier",
            group: BackendLVM.VolumeGroup(named: disks.name, tiers: ["tier"]),
            provisioning: provisioning,
            reserve: reserve,
            logger: quietLogger
        )
    }

    /// The same tier as another process would find it.
    func again() -> TestTier { TestTier(over: disks, backend.provisioning) }

    static func id(_ name: String) -> VolumeID {
        VolumeID(
            nodeDigest: String(repeating: "0", count: 64),
            nameDigest: SHA256.hex(of: name)
        )
    }

    func record(_ name: String, mebibytes: Int64 = 32, from source: VolumeSource? = nil)
        -> VolumeRecord
    {
        VolumeRecord(
            id: Self.id(name),
            name: name,
            tier: backend.tier,
            size: .mebibytes(mebibytes),
            capabilities: [],
            filesystem: .ext4,
            source: source,
            created: Timestamp(seconds: 1, nanoseconds: 0)
        )
    }

    @discardableResult
    func create(_ name: String, mebibytes: Int64 = 32, from source: VolumeSource? = nil) throws
        -> VolumeID
    {
        let record = record(name, mebibytes: mebibytes, from: source)
        return try backend.createVolume(record, progress: Progress()).id
    }

    @discardableResult
    func snapshot(_ source: VolumeID, named name: String, mebibytes: Int64 = 32) throws
        -> SnapshotID
    {
        let id = SnapshotID(
            nodeDigest: String(repeating: "0", count: 64),
            nameDigest: SHA256.hex(of: name)
        )
        let record = SnapshotRecord(
            id: id,
            name: name,
            tier: backend.tier,
            source: source,
            size: .mebibytes(mebibytes),
            contents: .blank,
            filesystem: .ext4,
            created: Timestamp(seconds: 1, nanoseconds: 0)
        )
        return try backend.createSnapshot(record, progress: Progress()).id
    }

    /// The ids of all volumes.
    func volumes() throws -> Set<VolumeID> { Set(try backend.volumes().map(\.id)) }

    /// Every logical volume that is not hidden.
    func names() throws -> Set<String> {
        Set(try disks.rows("lv_name").compactMap(\.first).filter { !$0.hasPrefix("[") })
    }
}

/// Contents.
extension TestTier {
    private static let places: [Int64] = [0, 20 << 20]

    /// Writes bytes that the seed tells, at the begin of a volume and far behind it.
    func fill(_ id: VolumeID, seed: UInt64 = 1) throws {
        let path = try backend.attach(id).path
        for place in Self.places {
            try Bytes.write(Bytes.noise(count: 64 << 10, seed: seed), to: path, at: place)
        }
    }

    func deviceSize(of id: VolumeID) throws -> ByteCount {
        try HeldDevice(opening: try backend.attach(id).path).size()
    }

    func expectFilled(
        _ id: VolumeID,
        seed: UInt64 = 1,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let path = try backend.attach(id).path
        for place in Self.places {
            let bytes = try Bytes.read(path, at: place, count: 64 << 10)
            let isSame = bytes == Bytes.noise(count: 64 << 10, seed: seed)
            #expect(isSame, "at byte \(place)", sourceLocation: location)
        }
    }
}

extension TemporaryFolder {
    /// A started tier over a new group; a thin one has a pool of 512 MiB, half of the group.
    func makeTier(
        _ kind: TestTier.Kind,
        disks: Int = 1,
        diskSize: ByteCount = .gibibytes(1),
        layout: Layout = .linear
    ) throws -> TestTier {
        let group = try makeVolumeGroup(disks: disks, diskSize: diskSize)
        let tier: TestTier
        switch kind {
        case .thick:
            tier = TestTier(over: group, .thick(ThickOptions(layout: layout)))
        case .thin:
            let pool = TestTier.pool
            try group.makeThinPool(pool, size: .mebibytes(512), arguments: ["--chunksize", "64k"])
            try group.lvm("lvchange", "--errorwhenfull", "y", "\(group.name)/\(pool)")
            tier = TestTier(over: group, .thin(ThinOptions(pool: TestTier.pool, overcommit: 10)))
        }
        try tier.backend.start()
        return tier
    }
}

/// Expects an operation to fail with a code, and with a message that says what matters.
@discardableResult
func expectFailure<Answer>(
    _ code: DriverError.Code,
    _ words: String...,
    at location: SourceLocation = #_sourceLocation,
    of body: () throws -> Answer
) -> String {
    do {
        let answer = try body()
        Issue.record("OK instead of \(code): \(answer)", sourceLocation: location)
        return ""
    } catch let error as DriverError {
        #expect(error.code == code, "\(error)", sourceLocation: location)
        for word in words {
            #expect(error.message.contains(word), "\(error)", sourceLocation: location)
        }
        return error.message
    } catch {
        Issue.record(error, sourceLocation: location)
        return ""
    }
}
