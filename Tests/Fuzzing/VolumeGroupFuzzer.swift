import Backend
import DriverCore

@testable import BackendLVM

/// What must hold for any text that becomes a part of a tag.
enum TagPromises {
    static func check(_ text: String) {
        let escaped = TagText.escaped(text)
        // Source: lvm(8), "Tags": `A-Za-z0-9_+.-/=!:&#`, of which the grammar keeps `:=&#`.
        require(
            escaped.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: "_+.-/!".utf8.contains(byte)
                }
            },
            "LVM would refuse '\(escaped)'"
        )
        require(TagText.unescaped(escaped)?.hasSameBytes(as: text) == true, "'\(text)' is lost")
        let tags = text.byteSplit(separator: "\n").map(String.init)
        guard let read = Tags(reading: ["cairn"] + tags) else { fatalError("the mark is lost") }
        let ours = tags.filter { $0.hasBytePrefix("cairn.") }
        let named = ours.filter { $0.containsByte("=") }.map { ByteKey($0) }
        require(Set(named).isSubset(of: Set(read.texts.map { ByteKey($0) })), "\(ours) are lost")
    }
}

/// The metadata text of a volume group, and the records in the tags of its volumes.
enum VolumeGroupFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        expectRefusal(.hostFailure) { () throws(DriverError) in
            let group = try VolumeGroupMetadata(parsing: input)
            require(group.textSize.bytes == input.count, "a text of another size")
            check(group)
            for volume in group.logicalVolumes.values { check(volume, of: group) }
        }
        expectRefusal(.hostFailure) { () throws(DriverError) in
            let group = try VolumeGroupMetadata(parsing: input)
            for volume in group.logicalVolumes.values { try checkRecord(of: volume, in: group) }
        }
    }

    /// What is counted of a group's disks never traps, and is never negative.
    private static func check(_ group: VolumeGroupMetadata) {
        require(group.extentSize > .zero, "extents of \(group.extentSize)")
        let free = group.freeExtents()
        require(free.allSatisfy { $0.extents >= 0 }, "fewer than no free extents: \(free)")
        let used = group.usedExtents()
        require(used.values.allSatisfy { $0 >= 0 }, "fewer than no used extents: \(used)")
        for disk in group.physicalVolumes {
            require(disk.extentCount >= 0, "\(disk.name) has \(disk.extentCount) extents")
        }
    }

    private static func check(_ volume: LogicalVolume, of group: VolumeGroupMetadata) {
        require(volume.extents >= 0, "\(volume.name) has \(volume.extents) extents")
        let size = group.size(of: volume)
        require(size >= .zero, "\(volume.name) has \(size)")
        require(
            size == ByteCount(.max) || group.extents(holding: size) == volume.extents,
            "\(size) takes other extents"
        )
        let disks = group.disks(beneath: volume.name).map(\.name)
        require(Set(disks).count == disks.count, "a disk twice beneath \(volume.name)")
        require(
            Set(disks).isSubset(of: group.physicalVolumes.map(\.name)),
            "foreign disks beneath \(volume.name)"
        )
        _ = group.isHidden(volume)
        _ = group.deviceUUID(of: volume)
        _ = group.thinVolumes(ofPool: volume.name)
        _ = group.snapshots(of: volume.name)
    }

    /// What a volume's tags say is said by the tags that are made of it.
    private static func checkRecord(of volume: LogicalVolume, in group: VolumeGroupMetadata)
        throws(DriverError)
    {
        guard let tags = Tags(reading: volume.tags) else { return }
        if let id = VolumeID(parsing: volume.name) {
            let size = group.size(of: volume)
            let record = try VolumeRecord(id: id, size: size, tags: tags)
            let again = repeating("reading a record that was written") { () throws(DriverError) in
                try VolumeRecord(id: id, size: size, tags: record.tags)
            }
            require(again == record, "a record changes when it is written and read")
            require(record.createdSize >= .zero, "a create of \(record.createdSize)")
        } else if let id = SnapshotID(parsing: volume.name) {
            let record = try SnapshotRecord(id: id, tags: tags)
            let again = repeating("reading a snapshot that was written") { () throws(DriverError) in
                try SnapshotRecord(id: id, tags: record.tags(held: .zero))
            }
            require(again == record, "a snapshot changes when it is written and read")
            require(record.size >= .zero, "a snapshot of \(record.size)")
        }
    }
}
