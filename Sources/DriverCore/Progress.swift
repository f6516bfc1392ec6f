import Synchronization

/// How far a long copy has come; written by the copy, read by whoever is told to wait for it.
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

    /// How a message tells the percentage, and how ``percent(in:)`` finds it again.
    ///
    /// gRPC has no other field for it in an ABORTED.
    private static let done = "% done"

    /// `42% done`; nil where nothing is being copied.
    package var text: String? { percent.map { "\($0)\(Self.done)" } }

    /// The percentage in the message of a driver that is asked again; nil where it tells none.
    ///
    /// The last one: what precedes it may be a name from outside.
    package static func percent(in message: String) -> Int? {
        let bytes = Array(message.utf8)
        let mark = Array(done.utf8)
        guard bytes.count >= mark.count,
            let end = (0...bytes.count - mark.count).last(where: {
                bytes[$0...].starts(with: mark)
            })
        else { return nil }
        let digits = bytes[..<end].reversed().prefix { (0x30...0x39).contains($0) }.reversed()
        return Int(String(decoding: Array(digits), as: UTF8.self)).flatMap { $0 <= 100 ? $0 : nil }
    }

    /// Throws `unavailable` once the driver is stopping; for between two steps of long work.
    package func checkStop() throws(DriverError) {
        guard stop.isRaised else { return }
        throw DriverError(.unavailable, "the driver is stopping; retry")
    }
}

/// Says to all work of a driver that it is stopping.
package final class StopFlag: Sendable {
    private let raised = Atomic(false)

    package init() {}

    package var isRaised: Bool { raised.load(ordering: .acquiring) }

    package func raise() { raised.store(true, ordering: .releasing) }
}
