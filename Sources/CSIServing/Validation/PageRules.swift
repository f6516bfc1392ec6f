package import DriverCore

/// What holds for every list, whatever its tokens are made of.
package enum PageRules {
    /// What a page holds at most, whatever was asked: 2,000 entries of up to 1.5 KiB stay below the
    /// 4 MiB that gRPC clients receive by default.
    package static let maximumEntries = 2000

    /// Entries of one page; throws `invalidRequest` for a negative number.
    package static func count(_ maxEntries: Int32) throws(DriverError) -> Int {
        guard maxEntries >= 0 else {
            throw DriverError(.invalidRequest, "max_entries is negative: \(maxEntries)")
        }
        return maxEntries == 0 ? maximumEntries : min(Int(maxEntries), maximumEntries)
    }

    /// ABORTED, as CSI asks.
    package static var foreignToken: DriverError {
        DriverError(
            .operationPending,
            "starting_token is not from this driver; list again from the start, without a token"
        )
    }
}
