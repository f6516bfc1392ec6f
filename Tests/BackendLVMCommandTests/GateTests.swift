import DriverCore
import Host
import Synchronization
import Testing

@testable import BackendLVM

/// Blocks until a signal comes; one that does not come must not hold the test for ever.
private func wait(for semaphore: Semaphore) {
    if !semaphore.wait(within: .seconds(120)) { Issue.record("the signal did not come") }
}

@Suite(.timeLimit(.minutes(5)))
struct GateTests {
    /// What the bodies behind a gate have seen.
    private final class Record: Sendable {
        let inside = Atomic(0)
        let most = Atomic(0)
        let passed = Mutex<[Int]>([])

        func pass(_ number: Int) {
            let count = inside.add(1, ordering: .relaxed).newValue
            most.max(count, ordering: .relaxed)
            passed.withLock { $0.append(number) }
            inside.subtract(1, ordering: .relaxed)
        }
    }

    private let pool = BlockingPool(threads: 16)

    @Test func `one at a time is inside, and everybody comes through`() async throws {
        let gate = Gate("volume group vg", patience: .seconds(240))
        let record = Record()
        try await withThrowingTaskGroup { [pool] group in
            for number in 0..<200 {
                group.addTask {
                    try await pool.run { () throws(DriverError) in
                        try gate.pass("lvcreate") { record.pass(number) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(record.passed.withLock { $0.sorted() } == Array(0..<200))
        #expect(record.most.load(ordering: .relaxed) == 1)
        #expect(gate.trouble == nil)
    }

    @Test func `its answer and its error come out`() throws {
        let gate = Gate("volume group vg", patience: .seconds(240))
        #expect(try gate.pass("lvcreate") { 42 } == 42)
        let error = #expect(throws: DriverError.self) {
            try gate.pass("lvcreate") { () throws(DriverError) in
                throw DriverError(.outOfSpace, "no room")
            }
        }
        #expect(error?.code == .outOfSpace)
        #expect(try gate.pass("lvremove") { 43 } == 43)
    }

    /// Without patience whatever is inside hangs from its first moment on.
    @Test func `while one hangs, others are refused at once and told what hangs`() async throws {
        let gate = Gate("volume group vg", patience: .zero)
        let (began, end) = (Semaphore(), Semaphore())
        async let hanging: Void = pool.run { () throws(DriverError) in
            try gate.pass("lvcreate of v1-a") {
                began.signal()
                wait(for: end)
            }
        }
        try await pool.run { wait(for: began) }
        for _ in 0..<3 {
            let error = #expect(throws: DriverError.self) {
                try gate.pass("lvremove") { Issue.record("the body has run") }
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("lvcreate of v1-a of volume group vg") == true)
        }
        #expect(gate.trouble?.contains("lvcreate of v1-a") == true)
        end.signal()
        try await hanging
        #expect(gate.trouble == nil)
        #expect(try gate.pass("lvremove") { true })
    }

    @Test func `who waits already is refused after a while, and leaves the line`() async throws {
        let gate = Gate("volume group vg", patience: .milliseconds(200))
        let (began, end) = (Semaphore(), Semaphore())
        async let hanging: Void = pool.run { () throws(DriverError) in
            try gate.pass("lvcreate") {
                began.signal()
                wait(for: end)
            }
        }
        try await pool.run { wait(for: began) }
        // Whichever of them comes early waits, whichever comes late is refused at once.
        await withTaskGroup { [pool] group in
            for _ in 0..<8 {
                group.addTask {
                    let error = await #expect(throws: DriverError.self) {
                        try await pool.run { () throws(DriverError) in
                            try gate.pass("lvremove") { Issue.record("the body has run") }
                        }
                    }
                    #expect(error?.code == .unavailable)
                }
            }
        }
        end.signal()
        try await hanging
        #expect(try gate.pass("lvremove") { true })
    }

    @Test func `callers come through in the order in which they came`() async throws {
        let gate = Gate("volume group vg", patience: .seconds(240))
        let (began, end) = (Semaphore(), Semaphore())
        let record = Record()
        try await withThrowingTaskGroup { [pool] group in
            group.addTask {
                try await pool.run { () throws(DriverError) in
                    try gate.pass("lvcreate") {
                        began.signal()
                        wait(for: end)
                    }
                }
            }
            try await pool.run { wait(for: began) }
            for number in 0..<8 {
                group.addTask {
                    try await pool.run { () throws(DriverError) in
                        try gate.pass("lvremove") { record.pass(number) }
                    }
                }
                let limit = ContinuousClock.now + .seconds(120)
                while gate.waiting <= number, ContinuousClock.now < limit { await Task.yield() }
                try #require(gate.waiting > number)
            }
            end.signal()
            try await group.waitForAll()
        }
        #expect(record.passed.withLock { $0 } == Array(0..<8))
    }
}
