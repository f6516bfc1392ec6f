import CHostShim
package import DriverCore
import Glibc

extension OpenFile {
    /// The bytes between two progress reports, and of one write where the kernel cannot copy.
    private static var copyStep: Int64 { 4 << 20 }

    /// Copies the data in the source's first `size` bytes to the same offsets of this file.
    ///
    /// Holes of the source are left out, so this file must read as zeros there. `report` is told
    /// after each step how much data has been copied so far; what it throws ends the copy.
    package func copyData(
        from source: borrowing OpenFile,
        size: ByteCount,
        report: (ByteCount) throws(DriverError) -> Void
    ) throws(DriverError) {
        var done = ByteCount.zero
        var end = Int64(0)
        while let range = try source.dataRange(from: end, limit: size.bytes) {
            var start = range.lowerBound
            while start < range.upperBound {
                let count = min(Self.copyStep, range.upperBound - start)
                let copied = try copyStep(from: source, offset: start, count: count)
                start += copied
                done = done + ByteCount(copied)
                try report(done)
                try Failpoint.pass(.copyPart)
            }
            end = range.upperBound
        }
    }

    /// The next run of data at or after `offset`; nil where only holes follow.
    private func dataRange(from offset: Int64, limit: Int64) throws(DriverError) -> Range<Int64>? {
        guard offset < limit else { return nil }
        let start = chost_files_next_data(number, offset)
        guard start != -Int64(ENXIO) else { return nil }
        try checked(start, "find the data of \(path)")
        let end = try checked(
            chost_files_next_hole(number, start),
            "find the holes of \(path)"
        )
        return start < limit ? start..<min(end, limit) : nil
    }

    /// Copies at most `count` bytes, and returns how many.
    private func copyStep(from source: borrowing OpenFile, offset: Int64, count: Int64)
        throws(DriverError) -> Int64
    {
        let copied = chost_files_copy(source.number, number, offset, count)
        switch copied {
        case 1...: return copied
        case 0, -Int64(EXDEV), -Int64(EOPNOTSUPP), -Int64(EINVAL), -Int64(ENOSYS):
            return try copyByHand(from: source, offset: offset, count: count)
        default:
            return try checked(copied, "copy \(source.path) to \(path)")
        }
    }

    private func copyByHand(from source: borrowing OpenFile, offset: Int64, count: Int64)
        throws(DriverError) -> Int64
    {
        let bytes = try source.read(count: Int(count), at: offset)
        guard !bytes.isEmpty else {
            throw DriverError(
                .hostFailure,
                "\(source.path) became shorter (\(offset) bytes) while it was copied; retry"
            )
        }
        try write(bytes, at: offset)
        return Int64(bytes.count)
    }
}
