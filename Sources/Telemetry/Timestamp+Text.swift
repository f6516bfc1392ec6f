import DriverCore
import Glibc

extension Timestamp {
    /// The time of day, from the clock that an administrator sets.
    static var now: Timestamp {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    /// UTC with milliseconds: `2026-11-22T17:54:23.123Z` (RFC 3339).
    var rfc3339: String {
        var seconds = time_t(seconds)
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        let date = unsafe [parts.tm_mon + 1, parts.tm_mday].map { padded($0, to: 2) }
        let time = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded($0, to: 2) }
        let year = unsafe padded(parts.tm_year + 1900, to: 4)
        let day = ([year] + date).joined(separator: "-")
        return "\(day)T\(time.joined(separator: ":")).\(padded(nanoseconds / 1_000_000, to: 3))Z"
    }
}

private func padded(_ number: Int32, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
