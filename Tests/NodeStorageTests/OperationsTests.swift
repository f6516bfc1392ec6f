import DriverCore
import Host
import Synchronization
import TestSupport
import Testing

@testable import NodeStorage

@Suite(.timeLimit(.minutes(5))) struct OperationsTests {
    private let operations = Operations(
        changes: BlockingPool(threads: 1),
        readers: BlockingPool(threads: 1)
    )

    @Test func `what reads does not wait for changes that hang`() async throws {
        let gate = Gate()
        async let change: Void = operations.run("change", holding: [.exclusive("v")]) {
            _ throws(DriverError) in gate.wait()
        }
        #expect(try await operations.read { () throws(DriverError) in 7 } == 7)
        gate.open()
        try await change
    }

    @Test func `the same question waits on one thread only`() async throws {
        let gate = Gate()
        async let first: Void = operations.read("stats", holding: "path") {
            () throws(DriverError) in gate.wait()
        }
        try await gate.entered()
        let error = await #expect(throws: DriverError.self) {
            try await operations.read("stats", holding: "path") { () throws(DriverError) in }
        }
        #expect(error?.code == .operationPending)
        gate.open()
        try await first
    }

    @Test func `stopping ends long work and waits for it`() async throws {
        let gate = Gate()
        let long = Task { [operations] in
            try await operations.run("copy", holding: []) { progress throws(DriverError) in
                gate.pass()
                let limit = ContinuousClock.now + longestWait
                while ContinuousClock.now < limit { try progress.checkStop() }
            }
        }
        try await gate.entered()
        #expect(await operations.stop(within: .seconds(30)) == 0)
        let error = await #expect(throws: DriverError.self) { try await long.value }
        #expect(error?.code == .unavailable)
    }
}

/// Holds a blocking job until it is opened, and tells that the job has begun.
private final class Gate: Sendable {
    private let isOpen = Atomic(false)
    private let isEntered = Atomic(false)

    func pass() { isEntered.store(true, ordering: .releasing) }

    func wait() {
        pass()
        #expect(waitBlocking { isOpen.load(ordering: .acquiring) }, "nobody opened the gate")
    }

    func open() { isOpen.store(true, ordering: .releasing) }

    func entered() async throws {
        try await TestSupport.wait(for: "job") { isEntered.load(ordering: .acquiring) }
    }
}
