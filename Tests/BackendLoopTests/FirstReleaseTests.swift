import Backend
import DiskFormat
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// Pools that the first release made are opened, used, grown and emptied.
@Suite(.timeLimit(.minutes(3)))
struct FirstReleaseTests {
    @Test(arguments: FirstRelease.volumes)
    func `a volume's record of the first release is read whole and written back the same`(
        id: VolumeID
    ) throws {
        let bytes = try FirstRelease.record(of: id)
        let stored = try DiskFormat.decode(Stored<VolumeRecord>.self, from: bytes)
        #expect(stored.record.id == id)
        #expect(try DiskFormat.encode(stored) == bytes)
    }

    @Test
    func `every value of the first release's records arrives`() throws {
        let restored = try DiskFormat.decode(
            Stored<VolumeRecord>.self,
            from: FirstRelease.record(of: FirstRelease.restored)
        )
        #expect(restored.sharedAtCreation == ByteCount(114_688))
        #expect(restored.record == Self.restored)
        let parameters = try DiskFormat.decode(
            Stored<VolumeRecord>.self,
            from: FirstRelease.record(of: FirstRelease.parameters)
        ).record
        #expect(
            parameters.claim == ClaimNames(claim: "claim", namespace: "default", volume: "pvc-12")
        )
        #expect(parameters.parameters == ["mkfsOptions": "-i size=512"])
        #expect(parameters.contents == .blank)
        let copy = try DiskFormat.decode(
            Stored<VolumeRecord>.self,
            from: FirstRelease.record(of: FirstRelease.copy)
        ).record
        #expect(copy.source == .volume(FirstRelease.plain))
        let bytes = try FirstRelease.record(of: FirstRelease.cut)
        let cut = try DiskFormat.decode(Stored<SnapshotRecord>.self, from: bytes)
        #expect(cut.record == Self.cut)
        #expect(try DiskFormat.encode(cut) == bytes)
    }

    @Test
    func `a pool's marker of the first release is read and written back the same`() throws {
        let bytes = try FirstRelease.file("cairn-pool.json")
        let marker = try PoolMarker(decoding: bytes, path: "cairn-pool.json")
        #expect(marker.tier == "scratch")
        #expect(marker.uuid == "4e703dec-3173-480a-8d45-fa92da37ab1f")
        #expect(try marker.encoded() == bytes)
    }

    @Test(arguments: PoolKind.thin)
    func `a pool of the first release is opened, used, grown and emptied`(kind: PoolKind) throws {
        try withPool(
            kind,
            size: .gibibytes(1),
            tier: FirstRelease.tier,
            prepare: FirstRelease.makePool
        ) { pool in
            #expect(try pool.backend.volumes().map(\.id) == FirstRelease.volumes.sorted())
            #expect(try pool.backend.snapshots() == [Self.cut])
            #expect(try pool.backend.repairs.unexplained.isEmpty)
            try use(FirstRelease.plain, in: pool)
            try grow(FirstRelease.parameters, in: pool)
            try copy(in: pool)
            try pool.restart()
            try empty(pool)
        }
    }

    /// Its file system is what the sample leaves out.
    private func use(_ id: VolumeID, in pool: TestPool) throws {
        let target = try pool.mount(id, named: "mnt")
        try Bytes.write("kept", to: "\(target.path)/file")
        var later = snapshotRecord("later", of: "", size: .mebibytes(96))
        later.source = id
        later.tier = FirstRelease.tier
        try pool.backend.create(later)
        try Mounts.unmountAll(target)
        try pool.backend.detach(id)
        try pool.backend.setContents(.formatted, of: FirstRelease.copy)
        #expect(try pool.restart().volume(FirstRelease.copy)?.contents == .formatted)
    }

    private func grow(_ id: VolumeID, in pool: TestPool) throws {
        let device = try pool.backend.attach(id)
        #expect(try BlockDevice.size(of: device.path) == .mebibytes(300))
        #expect(try pool.backend.expandVolume(id, to: .mebibytes(320)).size == .mebibytes(320))
        #expect(try BlockDevice.size(of: device.path) == .mebibytes(320))
        try pool.backend.detach(id)
        #expect(try pool.restart().volume(id)?.size == .mebibytes(320))
    }

    private func copy(in pool: TestPool) throws {
        var record = volumeRecord(
            "anew",
            size: .mebibytes(64),
            source: .snapshot(FirstRelease.cut),
            contents: .copied
        )
        record.tier = FirstRelease.tier
        try pool.backend.create(record)
        let text = try Bytes.read(pool.volumePath(record.id, "volume.json"))
        #expect(String(decoding: text, as: UTF8.self).contains("\"formatVersion\" : 1"))
    }

    private func empty(_ pool: TestPool) throws {
        for record in try pool.backend.volumes() { try pool.backend.deleteVolume(record.id) }
        for record in try pool.backend.snapshots() { try pool.backend.deleteSnapshot(record.id) }
        #expect(try pool.folder("volumes").isEmpty)
        #expect(try pool.folder("snapshots").isEmpty)
        #expect(try pool.restart().volumes().isEmpty)
    }

    private static let restored = VolumeRecord(
        id: FirstRelease.restored,
        name: "restored",
        tier: "scratch",
        size: .mebibytes(64),
        capabilities: [
            RecordedCapability(
                mode: "SINGLE_NODE_WRITER",
                isBlock: false,
                filesystem: "",
                mountFlags: []
            )
        ],
        filesystem: .ext4,
        parameters: ["tier": "scratch"],
        source: .snapshot(FirstRelease.cut),
        created: Timestamp(seconds: 1_795_763_471, nanoseconds: 366_535_750),
        state: .ready,
        contents: .copied
    )

    private static let cut = SnapshotRecord(
        id: FirstRelease.cut,
        name: "cut",
        tier: "scratch",
        source: FirstRelease.plain,
        size: .mebibytes(64),
        contents: .formatted,
        filesystem: .ext4,
        created: Timestamp(seconds: 1_795_763_471, nanoseconds: 263_088_760)
    )
}
