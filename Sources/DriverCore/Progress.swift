import Synchronization

/// How far a long copy has come; written by the copy, read by whoever is told to wait for it.
package final class Progress: Sendable {
    private let state = Mutex((done: Int64(0), total: Int64(0)))

    package init() {}

    /// Bytes copied so far out of the bytes that will be; both zero before a copy has begun.
    package func update(done: ByteCount, total: ByteCount) {
        state.withLock { $0 = (done.bytes, total.bytes) }
    }

    /// 0...100, or nil where nothing is being copied.
    package var percent: Int? {
        let (done, total) = state.withLock { $0 }
        guard total > 0 else { return nil }
        return Int(Double(min(done, total)) / Double(total) * 100)
    }
}
