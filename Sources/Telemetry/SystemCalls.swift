import DriverCore
import Glibc

// The only calls of this target that take pointers.

/// Writes once; a negative count is the errno of the failure.
func writeOnce(_ bytes: ArraySlice<UInt8>, to descriptor: CInt) -> Int {
    let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe write(descriptor, buffer.baseAddress, buffer.count)
    }
    return count < 0 ? -Int(errno) : count
}

/// The time of day, from the clock that an administrator sets.
func wallClock() -> Timestamp {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
}

/// Year, month, day, hour, minute and second in UTC.
func calendarParts(of time: Timestamp) -> [Int32] {
    var seconds = time_t(time.seconds)
    var parts = unsafe tm()
    _ = unsafe gmtime_r(&seconds, &parts)
    return unsafe [
        parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
        parts.tm_sec,
    ]
}
