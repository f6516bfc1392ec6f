import Synchronization
import Testing

@testable import DriverCore

@Suite(.timeLimit(.minutes(5))) struct `Permits to create in one call` {
    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let passed = Mutex(Duration.zero)
        var now: ContinuousClock.Instant { start + passed.withLock(\.self) }
        func pass(_ time: Duration) { passed.withLock { $0 += time } }
    }

    private let clock = Clock()
    private let permits: CreatePermits

    init() {
        permits = CreatePermits { [clock] in clock.now }
    }

    private func isGood(_ permit: String, for name: String) -> Bool {
        do throws(DriverError) {
            try permits.check(permit, for: name)
            return true
        } catch {
            #expect(error.code == .operationPending)
            return false
        }
    }

    @Test func `a permit is for every name, and for more than one create`() {
        let permit = permits.issue()
        #expect(isGood(permit, for: "v"))
        #expect(isGood(permit, for: "v"))
        #expect(isGood(permit, for: "w"))
    }

    @Test func `an answer about a name ends the permits of before for it alone`() {
        let before = permits.issue()
        clock.pass(.milliseconds(1))
        permits.note("v")
        #expect(!isGood(before, for: "v"))
        #expect(isGood(before, for: "w"))
        // In the same moment nobody knows what was first.
        #expect(!isGood(permits.issue(), for: "v"))
        clock.pass(.milliseconds(1))
        #expect(isGood(permits.issue(), for: "v"))
        #expect(!isGood(before, for: "v"))
    }

    @Test func `a permit ends with its lifetime`() {
        let permit = permits.issue()
        clock.pass(CreatePermits.lifetime - .milliseconds(1))
        #expect(isGood(permit, for: "v"))
        clock.pass(.milliseconds(1))
        #expect(!isGood(permit, for: "v"))
    }

    @Test func `a permit of another process is none`() {
        let other = CreatePermits { [clock] in clock.now }
        #expect(!isGood(other.issue(), for: "v"))
        let own = permits.issue()
        for text in ["", "-", "0", "x-0", "\(own)-0", "\(own)x", "\(own)9"] {
            #expect(!isGood(text, for: "v"), "\(text)")
        }
    }

    @Test func `answers about more names than are kept end all permits of before`() {
        let before = permits.issue()
        clock.pass(.milliseconds(1))
        for number in 0...CreatePermits.limit { permits.note("v\(number)") }
        #expect(!isGood(before, for: "w"))
        clock.pass(.milliseconds(1))
        let after = permits.issue()
        #expect(isGood(after, for: "w"))
        #expect(isGood(after, for: "v0"))
        permits.note("w")
        #expect(!isGood(after, for: "w"))
    }

    @Test func `answers that no permit is older than make room for others`() {
        for number in 0..<CreatePermits.limit { permits.note("v\(number)") }
        clock.pass(CreatePermits.lifetime + .milliseconds(1))
        let permit = permits.issue()
        clock.pass(.milliseconds(1))
        permits.note("v0")
        #expect(!isGood(permit, for: "v0"))
        #expect(isGood(permit, for: "v1"))
        #expect(isGood(permit, for: "w"))
    }
}
