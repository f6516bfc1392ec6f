import Synchronization

/// Exclusion by key: a second caller is refused, never queued, as CSI asks (ABORTED).
///
/// A key is held exclusively by what changes the object, and shared by what reads it for long: a
/// copy holds its source shared, so nothing deletes or mounts the source under the copy.
package final class KeyedOperations: Sendable {
    package enum Access: Sendable { case exclusive, shared }

    package struct Claim: Sendable {
        package let key: String
        package let access: Access

        package static func exclusive(_ key: String) -> Claim {
            Claim(key: key, access: .exclusive)
        }
        package static func shared(_ key: String) -> Claim { Claim(key: key, access: .shared) }
    }

    private struct Holder {
        var operation: String
        var progress: Progress
        /// nil means exclusive.
        var sharers: Int?
    }

    private let holders = Mutex<[String: Holder]>([:])

    package init() {}

    /// Takes all claims or none.
    ///
    /// Throws `operationPending`, naming the operation that is in the way and its progress. Every
    /// success must be matched by one ``release(_:)`` of the same claims.
    package func acquire(_ claims: [Claim], for operation: String, progress: Progress)
        throws(DriverError)
    {
        let blocked = holders.withLock { holders -> DriverError? in
            for claim in claims {
                if let error = Self.refusal(of: claim, by: holders[claim.key]) { return error }
            }
            for claim in claims {
                Self.take(claim, operation, progress, in: &holders)
            }
            return nil
        }
        if let blocked { throw blocked }
    }

    package func release(_ claims: [Claim]) {
        holders.withLock { holders in
            for claim in claims {
                guard let sharers = holders[claim.key]?.sharers, sharers > 1 else {
                    holders[claim.key] = nil
                    continue
                }
                holders[claim.key]?.sharers = sharers - 1
            }
        }
    }

    /// What a caller is told who needs the key now; nil where nobody holds it.
    package func refusal(of key: String) -> DriverError? {
        holders.withLock { Self.refusal(of: .exclusive(key), by: $0[key]) }
    }

    /// The operation that holds the key now; the first of them where several share it.
    package func holder(of key: String) -> String? {
        holders.withLock { $0[key]?.operation }
    }

    private static func refusal(of claim: Claim, by holder: Holder?) -> DriverError? {
        guard let holder, !(claim.access == .shared && holder.sharers != nil) else { return nil }
        let percent = holder.progress.percent
        let done = percent.map { ", \($0)% done" } ?? ""
        return DriverError(
            .operationPending,
            "\(claim.key): \(holder.operation) is still running\(done); retry later",
            progress: percent
        )
    }

    private static func take(
        _ claim: Claim,
        _ operation: String,
        _ progress: Progress,
        in holders: inout [String: Holder]
    ) {
        if let sharers = holders[claim.key]?.sharers {
            holders[claim.key]?.sharers = sharers + 1
        } else {
            holders[claim.key] = Holder(
                operation: operation,
                progress: progress,
                sharers: claim.access == .shared ? 1 : nil
            )
        }
    }
}
