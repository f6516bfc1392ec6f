package import DriverCore
import Host

extension Timestamp {
    /// UTC with milliseconds: `2026-11-22T17:54:23.123Z` (RFC 3339).
    package var rfc3339: String {
        let parts = WallClock.calendarParts(of: self)
        let day = zip(parts, [4, 2, 2]).map(padded).joined(separator: "-")
        let time = zip(parts.dropFirst(3), [2, 2, 2]).map(padded).joined(separator: ":")
        return "\(day)T\(time).\(padded(nanoseconds / 1_000_000, to: 3))Z"
    }
}

private func padded(_ number: Int32, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
