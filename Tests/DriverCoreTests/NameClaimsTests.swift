import DriverCore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Claims to names` {
    private func refuses(_ body: () throws(DriverError) -> Void) {
        let error = #expect(throws: DriverError.self) { try body() }
        #expect(error?.code == .operationPending)
    }

    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let passed = Mutex(Duration.zero)
        var now: ContinuousClock.Instant { start + passed.withLock(\.self) }
        func pass(_ time: Duration) { passed.withLock { $0 += time } }
    }

    @Test func `a name is one caller's until the lease ends`() throws {
        let clock = Clock()
        let claims = NameClaims { clock.now }
        try claims.take("v", for: "a")
        refuses { () throws(DriverError) in try claims.take("v", for: "b") }
        refuses { () throws(DriverError) in try claims.check("v", for: "b") }
        refuses { () throws(DriverError) in try claims.check("v", for: nil) }
        try claims.check("v", for: "a")
        try claims.take("w", for: "b")
        clock.pass(NameClaims.lease)
        try claims.check("v", for: nil)
        refuses { () throws(DriverError) in try claims.use("v", by: "a") }
        try claims.take("v", for: "b")
        refuses { () throws(DriverError) in try claims.use("v", by: "a") }
        try claims.use("v", by: "b")
    }

    @Test func `a claim is used once, and given back only by its caller`() throws {
        let claims = NameClaims()
        refuses { () throws(DriverError) in try claims.use("v", by: "a") }
        try claims.take("v", for: "a")
        claims.drop("v", by: "b")
        #expect(claims.count == 1)
        try claims.use("v", by: "a")
        refuses { () throws(DriverError) in try claims.use("v", by: "a") }
        try claims.take("v", for: "a")
        claims.drop("v", by: "a")
        try claims.take("v", for: "b")
    }

    @Test func `no more names are kept than the limit, and ended ones make room`() throws {
        let clock = Clock()
        let claims = NameClaims { clock.now }
        for number in 0..<1000 { try claims.take("v\(number)", for: "a") }
        refuses { () throws(DriverError) in try claims.take("w", for: "a") }
        try claims.take("v7", for: "a")
        clock.pass(NameClaims.lease)
        try claims.take("w", for: "b")
        #expect(claims.count == 1)
    }
}
