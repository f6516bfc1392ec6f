package import DriverCore
import Glibc

/// The kernel's figures of this process.
package struct ProcessFigures: Sendable, Hashable {
    /// User and system time together.
    package let cpuSeconds: Double
    package let residentBytes: Int64
    package let openDescriptors: Int
    package let mostDescriptors: UInt64

    /// Reads them now; throws `hostFailure` where /proc is not there.
    package init() throws(DriverError) {
        var usage = rusage()
        // Cannot fail: both arguments are good.
        unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        cpuSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
        residentBytes = try Self.residentPages() * Int64(sysconf(Int32(_SC_PAGESIZE)))
        // One of them is the listing's own.
        openDescriptors = try SystemFile.names(in: "/proc/self/fd").count - 1
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        mostDescriptors = UInt64(limit.rlim_cur)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    /// The second number of /proc/self/statm.
    ///
    /// Source: proc(5).
    private static func residentPages() throws(DriverError) -> Int64 {
        let path = "/proc/self/statm"
        let words = String(decoding: try SystemFile.read(path), as: UTF8.self).byteSplit(
            separator: " "
        )
        guard words.count > 1, let pages = Int64(words[1]) else {
            throw DriverError(.hostFailure, "\(path) has no resident memory size")
        }
        return pages
    }
}
