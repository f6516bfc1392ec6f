/// The part of a tier's storage that volumes never get.
package enum Reserve: Sendable, Hashable {
    case bytes(ByteCount)
    /// Of the storage's total, 0...100.
    case percent(Int)

    /// The reserve in bytes where the storage holds `total`, rounded up.
    package func amount(of total: ByteCount) -> ByteCount {
        switch self {
        case .bytes(let count): return count
        case .percent(let share):
            // Divided first: a total near Int64.max times 100 would overflow.
            let (quotient, remainder) = total.bytes.quotientAndRemainder(dividingBy: 100)
            let part = Int64(share)
            return ByteCount(quotient * part + (remainder * part + 99) / 100)
        }
    }
}
