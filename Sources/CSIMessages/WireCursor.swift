import DriverCore

/// Walks the fields of one message on the wire without knowing what they mean.
///
/// It is as strict as protobuf-c or stricter (five bytes for a tag or a length, ten for a number, no
/// groups, no length past the end), so both see the same fields in what both accept.
struct WireCursor {
    struct Field {
        let number: UInt32
        /// The bytes of a text or of a message; nil for a number.
        let payload: ArraySlice<UInt8>?
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field, or nil at the end.
    mutating func next() throws(DriverError) -> Field? {
        guard !rest.isEmpty else { return nil }
        let tag = try number(bytes: 5)
        guard let number = UInt32(exactly: tag >> 3), (1...Self.largestNumber).contains(number)
        else { throw Self.malformed }
        switch tag & 7 {
        case 0: _ = try self.number(bytes: 10)
        case 1: _ = try take(8)
        case 2: return Field(number: number, payload: try take(self.number(bytes: 5)))
        case 5: _ = try take(4)
        default: throw Self.malformed
        }
        return Field(number: number, payload: nil)
    }

    /// Source: the range of field numbers in the protobuf encoding.
    private static let largestNumber: UInt32 = (1 << 29) - 1

    private static let malformed = DriverError(
        .invalidRequest,
        "the bytes are not a protobuf message"
    )

    /// Seven bits a byte, the lowest first; the top bit says that another byte follows.
    private mutating func number(bytes limit: Int) throws(DriverError) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in rest.prefix(limit).enumerated() {
            value |= UInt64(byte & 0x7f) << (7 * index)
            if byte < 0x80 {
                rest = rest.dropFirst(index + 1)
                return value
            }
        }
        throw Self.malformed
    }

    private mutating func take(_ count: UInt64) throws(DriverError) -> ArraySlice<UInt8> {
        guard let count = Int(exactly: count), count <= rest.count else { throw Self.malformed }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
