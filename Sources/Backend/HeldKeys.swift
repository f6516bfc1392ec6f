package import DriverCore
import Synchronization

/// The keys of the objects that a backend changes now.
///
/// A scan that runs at the same time leaves those objects alone: what it finds half made is not a
/// leftover.
package final class HeldKeys: Sendable {
    private let held = Mutex<Set<String>>([])

    package init() {}

    /// Holds the key while the body runs; throws `operationPending` where another caller holds it.
    package func holding<Result>(_ key: String, _ body: () throws(DriverError) -> Result)
        throws(DriverError) -> Result
    {
        guard take(key) else {
            throw DriverError(
                .operationPending,
                "\(key): another operation is still running; retry later"
            )
        }
        defer { release(key) }
        return try body()
    }

    /// Holds the key while the body runs; does nothing where another caller holds it.
    package func ifFree(_ key: String, _ body: () -> Void) {
        guard take(key) else { return }
        defer { release(key) }
        body()
    }

    package func isHeld(_ key: String) -> Bool { held.withLock { $0.contains(key) } }

    private func take(_ key: String) -> Bool { held.withLock { $0.insert(key).inserted } }

    private func release(_ key: String) { held.withLock { _ = $0.remove(key) } }
}
