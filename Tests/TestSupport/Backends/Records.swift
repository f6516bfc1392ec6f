package import Backend
package import DriverCore
import Host
internal import Naming

/// Records of a tier called `test`, as the driver would make them.
package func volumeID(_ name: String) -> VolumeID {
    VolumeID(nodeDigest: SHA256.hex(of: "node"), nameDigest: SHA256.hex(of: name))
}

package func snapshotID(_ name: String) -> SnapshotID {
    SnapshotID(nodeDigest: SHA256.hex(of: "node"), nameDigest: SHA256.hex(of: name))
}

package func volumeRecord(
    _ name: String,
    size: ByteCount = .mebibytes(32),
    blockSize: BlockSize? = nil,
    source: VolumeSource? = nil,
    contents: VolumeRecord.Contents = .blank
) -> VolumeRecord {
    VolumeRecord(
        id: volumeID(name),
        name: name,
        tier: "test",
        size: size,
        capabilities: [
            RecordedCapability(
                mode: "SINGLE_NODE_WRITER",
                isBlock: false,
                filesystem: "",
                mountFlags: ["noatime"]
            )
        ],
        filesystem: .ext4,
        blockSize: blockSize,
        parameters: ["tier": "test"],
        source: source,
        created: Timestamp(seconds: 1_700_000_000, nanoseconds: 5),
        contents: contents
    )
}

package func snapshotRecord(
    _ name: String,
    of volume: String,
    size: ByteCount = .mebibytes(32)
) -> SnapshotRecord {
    SnapshotRecord(
        id: snapshotID(name),
        name: name,
        tier: "test",
        source: volumeID(volume),
        size: size,
        contents: .copied,
        filesystem: .ext4,
        created: Timestamp(seconds: 1_700_000_001, nanoseconds: 0)
    )
}

extension VolumeBackend {
    @discardableResult
    package func create(_ record: VolumeRecord) throws(DriverError) -> VolumeRecord {
        try createVolume(record, progress: Progress())
    }

    @discardableResult
    package func create(_ record: SnapshotRecord) throws(DriverError) -> SnapshotRecord {
        try createSnapshot(record, progress: Progress())
    }
}
