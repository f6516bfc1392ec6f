import CHostShim
package import DriverCore

/// The usage of the file system that holds a pool.
package struct StorageUsage: Sendable, Hashable {
    package let total: ByteCount
    /// What an ordinary user could still allocate.
    package let available: ByteCount
    package let largestFile: ByteCount
    /// Whether overwriting allocates new blocks by default.
    package let isBtrfs: Bool
    /// Whether nothing can be written: by its mount, or since the kernel gave up writing.
    package let isReadOnly: Bool
}

extension Folder {
    package func usage() throws(DriverError) -> StorageUsage {
        var usage = chost_files_usage()
        try checked(
            unsafe chost_files_get_usage(file.number, &usage),
            "read the usage of \(path)"
        )
        return StorageUsage(
            total: ByteCount(usage.total),
            available: ByteCount(usage.available),
            largestFile: ByteCount(usage.largest_file),
            isBtrfs: usage.is_btrfs != 0,
            isReadOnly: usage.is_read_only != 0
        )
    }

    /// Syncs the whole file system, so that the space of removed files counts as available.
    package func synchronizeFilesystem() throws(DriverError) {
        try checked(
            chost_files_sync_filesystem(file.number),
            "sync the file system of \(path)"
        )
    }
}
