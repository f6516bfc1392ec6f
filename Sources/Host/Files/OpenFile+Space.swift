import CHostShim
package import DriverCore
import Glibc

/// The blocks of a file.
extension OpenFile {
    /// Truncates the file, or extends it by a hole that reads as zeros.
    package func resize(to size: ByteCount) throws(DriverError) {
        try checked(chost_files_resize(number, size.bytes), "set the size of \(path)")
    }

    /// Allocates every hole between the two offsets; the file is then at least `end` long.
    ///
    /// Blocks that are there stay as they are, shared ones shared.
    package func allocate(from start: ByteCount, to end: ByteCount) throws(DriverError) {
        guard start < end else { return }
        try checked(
            chost_files_allocate(number, start.bytes, (end - start).bytes),
            "allocate \(end) for \(path)"
        )
    }

    /// Disables copy-on-write for an empty btrfs file: otherwise overwriting needs free space even
    /// where every block is allocated.
    package func disableCopyOnWrite() throws(DriverError) {
        try checked(
            chost_files_disable_copy_on_write(number),
            "disable copy on write of \(path)"
        )
    }

    /// Makes this empty file share all blocks of the source, in one step.
    package func clone(from source: borrowing OpenFile) throws(DriverError) {
        try checked(
            chost_files_clone(number, source.number),
            "clone \(source.path) to \(path)"
        )
    }

    /// The same as a trial: false where the file system cannot share blocks.
    ///
    /// Source: ioctl_ficlonerange(2); EINVAL is what file systems answer that know the call and were
    /// made without the feature.
    func canClone(from source: borrowing OpenFile) throws(DriverError) -> Bool {
        let result = chost_files_clone(number, source.number)
        guard ![EOPNOTSUPP, ENOTTY, ENOSYS, EINVAL, EXDEV].contains(-result) else { return false }
        try checked(result, "try to clone a file in \(path)")
        return true
    }

    /// The number of extents, as far as the file is written back.
    package func extentCount() throws(DriverError) -> Int64 {
        try checked(chost_files_extents(number), "count the extents of \(path)")
    }

    /// How much of the file is in blocks shared with other files.
    package func sharedSpace() throws(DriverError) -> ByteCount {
        ByteCount(
            try checked(chost_files_shared(number), "read which blocks \(path) shares")
        )
    }
}
