import Backend
import DriverCore
import Foundation
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// Volume groups that the first release of the tags (commit 31d1ca4) made, in the description that
/// `vgcfgbackup` wrote of them: a mounted volume with a snapshot, a restore of that, and a raw one.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct FirstReleaseTests {
    private static let pool = "pool"

    private static func sample(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Samples/first-release/\(name)").path
    }

    /// Puts the group onto a disk, and gives the tier that it was made by.
    private func restored(_ kind: TestTier.Kind, in folder: TemporaryFolder) throws
        -> (group: TestSupport.VolumeGroup, backend: LVMBackend)
    {
        let name = "old-\(kind)"
        let description = Self.sample("\(name).vg")
        let text = try VolumeGroupMetadata(parsing: Bytes.read(description))
        let disk = try folder.makeDisk(size: .mebibytes(kind == .thick ? 256 : 512))
        let id = try #require(text.physicalVolumes.first?.id)
        let group = try TestSupport.VolumeGroup(
            restoring: description,
            named: name,
            id: id,
            on: disk
        )
        folder.onCleanup { group.remove() }
        let backend = LVMBackend(
            tier: kind.rawValue,
            group: BackendLVM.VolumeGroup(named: name, tiers: [kind.rawValue]),
            provisioning: kind == .thick
                ? .thick(ThickOptions(wipe: .zero))
                : .thin(ThinOptions(pool: Self.pool, overcommit: 3)),
            reserve: .percent(0),
            logger: quietLogger
        )
        guard kind == .thin else { return (group, backend) }
        try writePoolMetadata(named: "\(name).xml", of: text, to: disk, in: folder)
        return (group, backend)
    }

    /// Writes what the pool's own metadata said: LVM's description names the volumes, and no blocks.
    ///
    /// To its place on the disk, since LVM activates a part of a pool read-only.
    private func writePoolMetadata(
        named name: String,
        of text: VolumeGroupMetadata,
        to disk: GuestDisk,
        in folder: TemporaryFolder
    ) throws {
        let part = try #require(text.logicalVolumes["\(Self.pool)_tmeta"])
        let place = try #require(part.segments.first?.areas.first?.start)
        let start = try #require(text.physicalVolumes.first?.firstExtentSector)
        // By way of a disk, since thin_restore writes around the cache, which /tmp does not take.
        let draft = try folder.makeDisk(size: text.size(of: part))
        try Guest.run("thin_restore", ["--input", Self.sample(name), "--output", draft.path])
        let bytes = try Bytes.read(draft.path, count: Int(text.size(of: part).bytes))
        let offset = Int64(start) * 512 + text.size(ofExtents: place).bytes
        try Bytes.write(bytes, to: disk.path, at: offset)
    }

    private func named(_ name: String, of backend: LVMBackend) throws -> VolumeRecord {
        try #require(try backend.volumes().first { $0.name == name })
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `its volumes are read as they were made, with each of their tags`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let (group, backend) = try restored(kind, in: folder)
            let before = Set(try group.rows("lv_name,lv_tags"))
            try backend.start()
            #expect(backend.health().problems == [])
            let names = ["block-\(kind)", "plain-\(kind)", "restored-\(kind)"]
            let volumes = try backend.volumes()
            #expect(volumes.map(\.name).sorted() == names)
            #expect(try backend.snapshots().map(\.name) == ["cut-\(kind)"])
            let plain = try named(names[1], of: backend)
            #expect(plain.contents == .formatted && plain.filesystem == .ext4)
            #expect(plain.size == .mebibytes(32) && plain.createdSize == .mebibytes(32))
            let snapshot = try #require(try backend.snapshots().first)
            #expect(snapshot.source == plain.id && snapshot.isIntact)
            #expect(try named(names[2], of: backend).source == .snapshot(snapshot.id))
            #expect(try named(names[0], of: backend).capabilities.map(\.isBlock) == [true])
            #expect(Set(try group.rows("lv_name,lv_tags")) == before)
            let survey = GroupSurvey(of: backend, includingHost: false)
            #expect(survey.nodes == [String(plain.id.nodeDigest): 4])
            let metadata = try backend.group.metadata()
            for record in volumes {
                let tags = try #require(metadata.logicalVolumes[record.id.text]?.tags)
                #expect(Set(record.tags.texts) == Set(tags))
            }
            let tags = try #require(metadata.logicalVolumes[snapshot.id.text]?.tags)
            let held = try #require(Tags(reading: tags)).byteCount(Fact.held)
            #expect(Set(snapshot.tags(held: held).texts) == Set(tags))
        }
    }

    @Test(arguments: TestTier.Kind.allCases)
    func `its volumes are used, copied, grown and deleted`(kind: TestTier.Kind) throws {
        try withTemporaryFolder { folder in
            let (group, backend) = try restored(kind, in: folder)
            try backend.start()
            let snapshot = try #require(try backend.snapshots().first)
            let tier = (kept: Bytes.noise(count: 64 << 10, seed: 7), place: Int64(20 << 20))
            let restored = try named("restored-\(kind)", of: backend)
            try Bytes.write(tier.kept, to: backend.attach(restored.id).path, at: tier.place)
            let grown = try backend.expandVolume(restored.id, to: .mebibytes(48))
            #expect(grown.size == .mebibytes(48) && grown.createdSize == .mebibytes(32))
            let path = try backend.attach(restored.id).path
            #expect(try Bytes.read(path, at: tier.place, count: tier.kept.count) == tier.kept)

            let block = try named("block-\(kind)", of: backend)
            try backend.setContents(.raw, of: block.id)
            #expect(try backend.volume(block.id)?.contents == .raw)
            for source in [VolumeSource.snapshot(snapshot.id), .volume(restored.id)] {
                var copy = restored
                copy.id = TestTier.id("\(source)")
                copy.name = "\(source)"
                copy.size = .mebibytes(48)
                copy.source = source
                _ = try backend.createVolume(copy, progress: Progress())
            }
            let copy = TestTier.id("\(VolumeSource.volume(restored.id))")
            let copied = try backend.attach(copy).path
            #expect(try Bytes.read(copied, at: tier.place, count: tier.kept.count) == tier.kept)

            try backend.deleteSnapshot(snapshot.id)
            for record in try backend.volumes() { try backend.deleteVolume(record.id) }
            let left = try group.rows("lv_name").compactMap(\.first).filter { !$0.hasPrefix("[") }
            #expect(left == (kind == .thin ? [Self.pool] : []))
        }
    }
}
