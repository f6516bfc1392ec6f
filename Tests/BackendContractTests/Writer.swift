import Synchronization
import TestSupport
import Testing

/// Writes files until it is told to stop.
final class Writer {
    private final class State: Sendable {
        let count = Mutex(0)
        let isStopped = Mutex(false)
    }

    private let state = State()
    private var thread: TestThread?

    init(in path: String) {
        let state = state
        thread = TestThread {
            var index = 0
            while !state.isStopped.withLock({ $0 }) {
                let bytes = Bytes.noise(count: 16 << 10, seed: UInt64(index + 1))
                try? Bytes.write(bytes, to: "\(path)/file\(index % 64)")
                index += 1
                state.count.withLock { $0 = index }
            }
        }
    }

    var count: Int { state.count.withLock { $0 } }

    func waitForWrites(_ count: Int) {
        #expect(waitBlocking { self.count >= count }, "nothing is written any more")
    }

    func stop() {
        state.isStopped.withLock { $0 = true }
        thread?.join()
        thread = nil
    }
}
