import CHostShim
package import DriverCore
import Glibc

/// Which blocks a file has.
extension OpenFile {
    /// Cuts the file, or lengthens it by a hole that reads as zeros.
    package func resize(to size: ByteCount) throws(DriverError) {
        try checked(chost_files_resize(number, size.bytes), "set the size of \(path)")
    }

    /// Gives blocks to every hole between the two offsets; the file is at least `end` long then.
    ///
    /// Blocks that are there stay as they are, shared ones shared.
    package func allocate(from start: ByteCount, to end: ByteCount) throws(DriverError) {
        guard start < end else { return }
        try checked(
            chost_files_allocate(number, start.bytes, (end - start).bytes),
            "allocate \(end) for \(path)"
        )
    }

    /// Makes an empty file of btrfs overwrite in place: a copy on write needs free space even where
    /// every block is allocated.
    package func disableCopyOnWrite() throws(DriverError) {
        try checked(
            chost_files_disable_copy_on_write(number),
            "disable copy on write of \(path)"
        )
    }

    /// Makes this empty file share all blocks of the source, at one instant.
    package func clone(from source: borrowing OpenFile) throws(DriverError) {
        try checked(
            chost_files_clone(number, source.number),
            "clone \(source.path) to \(path)"
        )
    }

    /// The same as a trial: false where the file system has no shared blocks.
    ///
    /// Source: ioctl_ficlonerange(2); EINVAL is what file systems answer that know the call and were
    /// made without the feature.
    func canClone(from source: borrowing OpenFile) throws(DriverError) -> Bool {
        let result = chost_files_clone(number, source.number)
        guard ![EOPNOTSUPP, ENOTTY, ENOSYS, EINVAL, EXDEV].contains(-result) else { return false }
        try checked(result, "try to clone a file in \(path)")
        return true
    }

    /// How many extents the file has, as far as it has been written back.
    package func extentCount() throws(DriverError) -> Int64 {
        try checked(chost_files_extents(number), "count the extents of \(path)")
    }

    /// How much of the file is in blocks that another file shares.
    package func sharedSpace() throws(DriverError) -> ByteCount {
        ByteCount(
            try checked(chost_files_shared(number), "read which blocks \(path) shares")
        )
    }
}
