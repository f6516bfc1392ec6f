package import DriverCore
import Synchronization

/// The objects that are being changed, so that a start beside running operations leaves what they
/// have half-made alone.
package final class Claims: Sendable {
    private let held = Mutex<Set<String>>([])

    package init() {}

    /// Runs the body while nobody else holds the key; throws `operationPending` where one does.
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

    /// Runs the body unless somebody holds the key.
    package func ifFree(_ key: String, _ body: () -> Void) {
        guard take(key) else { return }
        defer { release(key) }
        body()
    }

    package func isHeld(_ key: String) -> Bool { held.withLock { $0.contains(key) } }

    private func take(_ key: String) -> Bool { held.withLock { $0.insert(key).inserted } }

    private func release(_ key: String) { held.withLock { _ = $0.remove(key) } }
}
