import Synchronization

/// Exclusion by key: a second caller is refused, never queued, as CSI asks (ABORTED).
///
/// A key is held exclusively by what changes the object, and shared by what reads it for long: a
/// copy holds its source shared, so nothing deletes or mounts the source under the copy.
package final class KeyedOperations: Sendable {
    package enum Access: Sendable { case exclusive, shared }

    /// The name of an object or of a piece of work, and whether others may hold it too.
    package struct Key: Sendable {
        package let name: String
        package let access: Access

        package static func exclusive(_ name: String) -> Key { Key(name: name, access: .exclusive) }
        package static func shared(_ name: String) -> Key { Key(name: name, access: .shared) }
    }

    private struct Holder {
        var operation: String
        var progress: Progress
        /// nil means exclusive.
        var sharers: Int?
    }

    private let holders = Mutex<[String: Holder]>([:])

    package init() {}

    /// Takes all keys or none.
    ///
    /// Throws `operationPending`, naming the operation that is in the way and its progress. Every
    /// success must be matched by one ``release(_:)`` of the same keys.
    package func acquire(_ keys: [Key], for operation: String, progress: Progress)
        throws(DriverError)
    {
        let blocked = holders.withLock { holders -> DriverError? in
            for key in keys {
                if let error = Self.refusal(of: key, by: holders[key.name]) { return error }
            }
            for key in keys {
                Self.take(key, operation, progress, in: &holders)
            }
            return nil
        }
        if let blocked { throw blocked }
    }

    package func release(_ keys: [Key]) {
        holders.withLock { holders in
            for key in keys {
                guard let sharers = holders[key.name]?.sharers, sharers > 1 else {
                    holders[key.name] = nil
                    continue
                }
                holders[key.name]?.sharers = sharers - 1
            }
        }
    }

    /// The error for a caller that needs the key now; nil where the key is free.
    package func refusal(of key: String) -> DriverError? {
        holders.withLock { Self.refusal(of: .exclusive(key), by: $0[key]) }
    }

    /// The operation that holds the key now; the first one where several share it.
    package func holder(of key: String) -> String? {
        holders.withLock { $0[key]?.operation }
    }

    private static func refusal(of key: Key, by holder: Holder?) -> DriverError? {
        guard let holder, !(key.access == .shared && holder.sharers != nil) else { return nil }
        let percent = holder.progress.percent
        let done = percent.map { ", \($0)% done" } ?? ""
        return DriverError(
            .operationPending,
            "\(key.name): \(holder.operation) is still running\(done); retry later",
            progress: percent
        )
    }

    private static func take(
        _ key: Key,
        _ operation: String,
        _ progress: Progress,
        in holders: inout [String: Holder]
    ) {
        if let sharers = holders[key.name]?.sharers {
            holders[key.name]?.sharers = sharers + 1
        } else {
            holders[key.name] = Holder(
                operation: operation,
                progress: progress,
                sharers: key.access == .shared ? 1 : nil
            )
        }
    }
}
