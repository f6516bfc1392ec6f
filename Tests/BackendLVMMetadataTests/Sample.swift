import Foundation

@testable import BackendLVM

/// Metadata texts that LVM 2.03.16 wrote, as they stand in the folder beside this file.
enum Sample: String, CaseIterable {
    /// As on the disk, without the zero byte at its end: thick volumes with snapshots, a thin pool.
    case mixed
    /// As `vgcfgbackup` writes it, with comments: every RAID type.
    case raid
    /// A disk is gone, and LVM has noted it.
    case missing
    /// A merging snapshot, an external origin, segments that have no areas.
    case merging

    var bytes: [UInt8] {
        get throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent()
            return try Array(Data(contentsOf: folder.appending(path: "Samples/\(rawValue).vg")))
        }
    }

    var text: String { get throws { String(decoding: try bytes, as: UTF8.self) } }

    var metadata: VolumeGroupMetadata {
        get throws { try VolumeGroupMetadata(parsing: bytes) }
    }
}
