package import DriverCore

/// A checked capacity range; both ends may be open.
package struct SizeRange: Sendable, Hashable {
    /// Zero where the request has none.
    package let required: ByteCount
    /// nil where the request has none.
    package let limit: ByteCount?

    package init(required: ByteCount, limit: ByteCount?) {
        self.required = required
        self.limit = limit
    }

    /// The smallest size that satisfies the request: at least `minimum`, a multiple of `unit`.
    ///
    /// Without a required size it is `preferred`, cut down to the limit. Throws `unsupportedSize`
    /// where no such size exists.
    package func size(preferring preferred: ByteCount, minimum: ByteCount, unit: ByteCount)
        throws(DriverError) -> ByteCount
    {
        var wanted = required
        if wanted == .zero {
            wanted = limit.map { min($0.roundedDown(toMultipleOf: unit), preferred) } ?? preferred
        }
        // Room below Int64.max: file offsets are signed, and rounding must not pass their end.
        let largest = ByteCount(Int64.max).roundedDown(toMultipleOf: unit)
        guard let size = max(wanted, minimum).roundedUp(toMultipleOf: unit), size < largest else {
            throw DriverError(
                .unsupportedSize,
                "the requested size \(wanted) is larger than a file can be"
            )
        }
        guard limit.map({ size <= $0 }) ?? true else {
            throw DriverError(
                .unsupportedSize,
                "the smallest possible volume for this request is \(size) (at least \(minimum), in "
                    + "multiples of \(unit.bytes) bytes), above the limit of \(limit ?? .zero)"
            )
        }
        return size
    }
}
