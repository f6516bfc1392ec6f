import Synchronization

/// The names that controllers have claimed for objects that they are about to make here.
///
/// A claim is a flag that every other caller sees. It ends by itself, so nobody who is gone is in
/// the way for long, and it is in memory only: whoever makes something has to hold it until then.
package final class NameClaims: Sendable {
    private struct Claim {
        let token: String
        let end: ContinuousClock.Instant
    }

    /// Far longer than a caller needs to ask the others, and short to wait for.
    package static let lease = Duration.seconds(30)
    /// An upper limit, because claims come from outside: more than a node makes in a lease.
    private static let limit = 1000

    private let now: @Sendable () -> ContinuousClock.Instant
    private let claims = Mutex<[String: Claim]>([:])
    /// For creates that claim nothing first.
    package let permits: CreatePermits

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
        permits = CreatePermits(now: now)
    }

    /// How many names are claimed now.
    package var count: Int {
        let time = now()
        return claims.withLock { claims in claims.values.count { $0.end > time } }
    }

    /// Claims a name for a lease.
    ///
    /// Throws `operationPending` where another token holds it.
    package func take(_ name: String, for token: String) throws(DriverError) {
        let time = now()
        let refusal = claims.withLock { claims -> DriverError? in
            claims = claims.filter { $0.value.end > time }
            if let claim = claims[name], !claim.token.hasSameBytes(as: token) {
                return Self.held(name)
            }
            guard claims[name] != nil || claims.count < Self.limit else { return Self.tooMany }
            claims[name] = Claim(token: token, end: time + Self.lease)
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Throws `operationPending` where another token holds the name; nil for a caller without one.
    package func check(_ name: String, for token: String?) throws(DriverError) {
        let time = now()
        let isHeld = claims.withLock { claims in
            guard let claim = claims[name], claim.end > time else { return false }
            return token.map { !claim.token.hasSameBytes(as: $0) } ?? true
        }
        if isHeld { throw Self.held(name) }
    }

    /// Ends a claim when its create begins.
    ///
    /// Throws `operationPending` where the token does not hold the name any more: another caller may
    /// have made the same elsewhere since.
    package func use(_ name: String, by token: String) throws(DriverError) {
        let time = now()
        let claim = claims.withLock { claims -> Claim? in
            guard claims[name]?.token.hasSameBytes(as: token) ?? false else { return nil }
            return claims.removeValue(forKey: name)
        }
        if let claim, claim.end > time { return }
        throw DriverError(
            .operationPending,
            "\(name): the claim to its name ended before the call arrived; retry"
        )
    }

    /// Gives a claim back; does nothing where the token does not hold the name.
    package func drop(_ name: String, by token: String) {
        claims.withLock { claims in
            if claims[name]?.token.hasSameBytes(as: token) ?? false { claims[name] = nil }
        }
    }

    private static func held(_ name: String) -> DriverError {
        DriverError(
            .operationPending,
            "\(name): another call has claimed the name and will create it; retry later"
        )
    }

    private static let tooMany = DriverError(
        .operationPending,
        "too many calls: \(limit) names are claimed by calls that will use them; retry later"
    )
}
