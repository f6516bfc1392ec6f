import Synchronization

/// The progress of a long copy, for the message to callers that must wait.
package final class Progress: Sendable {
    private let state = Mutex((done: Int64(0), total: Int64(0)))
    private let stop: StopFlag

    /// `stop` ends the work early once it is raised.
    package init(stop: StopFlag = StopFlag()) { self.stop = stop }

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

    /// Throws `unavailable` once the driver is stopping; for between two steps of long work.
    package func checkStop() throws(DriverError) {
        guard stop.isRaised else { return }
        throw DriverError(.unavailable, "the driver is stopping; retry")
    }
}

/// Tells all work of a driver that it is stopping.
package final class StopFlag: Sendable {
    private let raised = Atomic(false)

    package init() {}

    package var isRaised: Bool { raised.load(ordering: .acquiring) }

    package func raise() { raised.store(true, ordering: .releasing) }
}
