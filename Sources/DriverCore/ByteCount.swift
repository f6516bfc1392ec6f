/// A number of bytes; never negative where it describes storage.
package struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let bytes: Int64

    package init(_ bytes: Int64) { self.bytes = bytes }

    package static let zero = ByteCount(0)
    package static func kibibytes(_ count: Int64) -> ByteCount { ByteCount(count << 10) }
    package static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(count << 20) }
    package static func gibibytes(_ count: Int64) -> ByteCount { ByteCount(count << 30) }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    /// The sum, or the largest count where the sum would overflow.
    package static func + (left: ByteCount, right: ByteCount) -> ByteCount {
        let (sum, overflow) = left.bytes.addingReportingOverflow(right.bytes)
        return ByteCount(overflow ? .max : sum)
    }

    /// The difference, which is zero where the right side is larger.
    package static func - (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.bytes > right.bytes ? left.bytes - right.bytes : 0)
    }

    /// The smallest multiple of `unit` that is not below this count; nil where it overflows.
    package func roundedUp(toMultipleOf unit: ByteCount) -> ByteCount? {
        let (padded, overflow) = bytes.addingReportingOverflow(unit.bytes - 1)
        return overflow ? nil : ByteCount(padded / unit.bytes * unit.bytes)
    }

    /// The largest multiple of `unit` that is not above this count.
    package func roundedDown(toMultipleOf unit: ByteCount) -> ByteCount {
        ByteCount(bytes / unit.bytes * unit.bytes)
    }

    /// This room times the overcommit, at most the largest count.
    package func overcommitted(_ times: Double) -> ByteCount {
        let limit = Double(bytes) * times
        return ByteCount(limit < Double(Int64.max) ? Int64(limit) : .max)
    }

    private static let units: [(name: String, size: Int64)] = [
        ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20),
    ]

    /// In the largest binary unit that it fills, and exact: `5.49Gi (5905580032 bytes)`.
    ///
    /// The figure before the unit is rounded down.
    package var description: String {
        guard let unit = Self.units.first(where: { bytes >= $0.size }) else {
            return "\(bytes) bytes"
        }
        let (whole, rest) = bytes.quotientAndRemainder(dividingBy: unit.size)
        // Ten bits less leave room for the factor.
        let hundredths = (rest >> 10) * 100 / (unit.size >> 10)
        let digits = hundredths == 0 ? "" : (hundredths < 10 ? ".0" : ".") + "\(hundredths)"
        return "\(whole)\(digits)\(unit.name) (\(bytes) bytes)"
    }

    /// Reads a Kubernetes quantity without fraction: `1073741824`, `512Mi`, `10Gi`, `100M`.
    ///
    /// Nil for anything else, negative numbers and overflow.
    package init?(parsing text: String) {
        let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        let end = text.utf8.firstIndex { !isDigit($0) } ?? text.endIndex
        let suffix = text[end...]
        // A Kelvin sign is equal to a K for a dictionary.
        guard suffix.utf8.allSatisfy({ $0 < 0x80 }), let count = Int64(text[..<end]),
            let factor = Self.factors[String(suffix)]
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        self.init(bytes)
    }

    /// Source: the suffixes of a Kubernetes resource quantity.
    private static let factors: [String: Int64] = [
        "": 1, "k": 1000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000,
        "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50,
    ]
}
