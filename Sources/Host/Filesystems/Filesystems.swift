package import DriverCore
import Glibc

/// Making, checking and growing file systems; each in its own file.
package enum Filesystems {
    /// The smallest device for a file system.
    ///
    /// Source: measured with e2fsprogs 1.47.0, xfsprogs 6.1.0 and btrfs-progs 6.2. ext4 needs 8 MiB
    /// to have a journal, and half of that would be the journal; xfs refuses less than 300 MiB,
    /// btrfs is made on 109 MiB, but the kernel resizes none below 256 MiB.
    package static func minimumSize(of type: FilesystemType) -> ByteCount {
        switch type {
        case .ext4: .mebibytes(16)
        case .xfs: .mebibytes(300)
        case .btrfs: .mebibytes(256)
        }
    }

    /// The usage of the file system that holds `path`.
    package static func usage(at path: String) throws(DriverError) -> FilesystemUsage {
        var found = statvfs()
        try attempt("read the usage of \(path)") { unsafe statvfs(path, &found) }
        let unit = UInt64(found.f_frsize)
        func bytes(_ blocks: fsblkcnt_t) -> ByteCount {
            ByteCount(Int64(clamping: UInt64(blocks).multipliedReportingOverflow(by: unit).0))
        }
        let files = UInt64(found.f_files)
        let freeFiles = UInt64(found.f_ffree)
        return FilesystemUsage(
            totalBytes: bytes(found.f_blocks),
            usedBytes: bytes(found.f_blocks) - bytes(found.f_bfree),
            availableBytes: bytes(found.f_bavail),
            totalInodes: Int64(clamping: files),
            usedInodes: Int64(clamping: files - min(files, freeFiles)),
            availableInodes: Int64(clamping: UInt64(found.f_favail))
        )
    }
}

/// The statvfs(3) figures of a mounted file system.
package struct FilesystemUsage: Sendable, Hashable {
    package let totalBytes: ByteCount
    package let usedBytes: ByteCount
    /// For programs without privileges.
    package let availableBytes: ByteCount
    /// Zero where the file system makes inodes as it needs them (btrfs).
    package let totalInodes: Int64
    package let usedInodes: Int64
    package let availableInodes: Int64
}
