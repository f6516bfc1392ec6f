package import DriverCore
import Glibc

/// The time of day; for creation times and log lines only, never for measuring.
package enum WallClock {
    package static func now() -> Timestamp {
        var time = timespec()
        // Cannot fail: the clock exists and the pointer is good.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    /// Year, month, day, hour, minute and second in UTC.
    package static func calendarParts(of time: Timestamp) -> [Int32] {
        var seconds = time_t(time.seconds)
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        return unsafe [
            parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
            parts.tm_sec,
        ]
    }
}
