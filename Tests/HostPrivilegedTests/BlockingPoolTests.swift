import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct BlockingPoolTests {
    /// Two ends of a pipe: a job waits on one until the test opens the gate.
    private struct Gate: Sendable {
        private let ends: [CInt]

        init() throws {
            var ends: [CInt] = [0, 0]
            try #require(unsafe pipe(&ends) == 0)
            self.ends = ends
        }

        func wait() {
            guard waitUntilReadable(ends[0]) else { return }
            var byte: UInt8 = 0
            _ = unsafe read(ends[0], &byte, 1)
        }

        func open(_ count: Int = 1) {
            let bytes = [UInt8](repeating: 1, count: count)
            _ = unsafe write(ends[1], bytes, count)
        }

        func remove() {
            close(ends[0])
            close(ends[1])
        }
    }

    @Test
    func `a job's result and its error come back`() async throws {
        let pool = BlockingPool(threads: 2)
        #expect(try await pool.run { 42 } == 42)
        let error = await #expect(throws: DriverError.self) {
            try await pool.run { () throws(DriverError) -> Int in
                throw DriverError(.notFound, "volume x")
            }
        }
        #expect(error?.code == .notFound)
    }

    @Test
    func `a stuck job holds one thread, not the jobs behind it`() async throws {
        let gate = try Gate()
        defer { gate.remove() }
        let pool = BlockingPool(threads: 2)
        async let stuck: Void = pool.run { gate.wait() }
        for number in 0..<100 {
            #expect(try await pool.run { number } == number)
        }
        gate.open()
        try await stuck
    }

    @Test
    func `jobs that hang do not use the pool up, even where no other comes`() async throws {
        let gate = try Gate()
        defer { gate.remove() }
        let pool = BlockingPool(threads: 2, patience: .milliseconds(20))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { try await pool.run { gate.wait() } } }
            #expect(try await pool.run { 42 } == 42)
            gate.open(10)
            try await group.waitForAll()
        }
    }

    @Test
    func `who waits with a limit gets the answer, or the limit`() throws {
        let gate = try Gate()
        defer { gate.remove() }
        let pool = BlockingPool(threads: 2)
        let stuck = try pool.begin { gate.wait() }
        #expect(try stuck.value(by: .now + .milliseconds(20)) == nil)
        #expect(try pool.begin { 42 }.value(by: .now + .seconds(60)) == 42)
        let failing = try pool.begin { () throws(DriverError) -> Int in
            throw DriverError(.notFound, "volume x")
        }
        let error = #expect(throws: DriverError.self) {
            try failing.value(by: .now + .seconds(60))
        }
        #expect(error?.code == .notFound)
        gate.open()
    }

    @Test
    func `a cancelled caller returns at once, and its job runs to its end`() async throws {
        let started = try Gate()
        let gate = try Gate()
        let finished = try Gate()
        defer { [started, gate, finished].forEach { $0.remove() } }
        let pool = BlockingPool(threads: 1)
        let task = Task {
            try await pool.run {
                started.open()
                gate.wait()
                finished.open()
            }
        }
        // A test must not block either: its own pool waits for it.
        let waiting = BlockingPool(threads: 1)
        try await waiting.run { started.wait() }
        task.cancel()
        let error = await #expect(throws: DriverError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        gate.open()
        try await waiting.run { finished.wait() }
    }

    @Test
    func `beyond the bound a job is refused, and none is lost`() async throws {
        let gate = try Gate()
        defer { gate.remove() }
        let pool = BlockingPool(threads: 1, patience: .seconds(3600))
        let mostAccepted = BlockingPool.mostWaiting + 1
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<(mostAccepted + 99) {
                group.addTask { await Self.isRefused(by: pool) { gate.wait() } }
            }
            // Until the gate opens no accepted job ends, so what comes back now was refused.
            for _ in 0..<99 { #expect(await group.next() == true) }
            gate.open(mostAccepted)
            var refused = 0
            while let wasRefused = await group.next() { refused += wasRefused ? 1 : 0 }
            // The thread may have taken the first job only after the queue was full.
            #expect(refused <= 1)
        }
        #expect(try await pool.run { 1 } == 1)
    }

    private static func isRefused(
        by pool: BlockingPool,
        _ job: @escaping @Sendable () -> Void
    ) async -> Bool {
        do throws(DriverError) {
            try await pool.run { job() }
            return false
        } catch {
            return error.code == .unavailable
        }
    }

    @Test
    func `threads end with their pool, after the last job`() async throws {
        let before = threads()
        for _ in 0..<20 {
            let pool = BlockingPool(threads: 4)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 { group.addTask { try await pool.run {} } }
                try await group.waitForAll()
            }
        }
        // A pool that kept its threads would have left 80 of them.
        #expect(threads() < before + 60)
    }

    private func threads() -> Int {
        let status = (try? Bytes.read("/proc/self/status")) ?? []
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("Threads:") }
        return line.flatMap { Int($0.drop { !$0.isNumber }) } ?? 0
    }
}
