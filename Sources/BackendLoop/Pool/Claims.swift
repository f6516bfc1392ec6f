import DriverCore
import Synchronization

/// The objects whose folders are being changed, so that a start beside running operations leaves
/// their half-made folders and freezes alone.
final class Claims: Sendable {
    private let held = Mutex<Set<String>>([])

    /// Runs the body while nobody else holds the key; throws `operationPending` where one does.
    func holding<Result>(_ key: String, _ body: () throws(DriverError) -> Result)
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
    func ifFree(_ key: String, _ body: () -> Void) {
        guard take(key) else { return }
        defer { release(key) }
        body()
    }

    func isHeld(_ key: String) -> Bool { held.withLock { $0.contains(key) } }

    private func take(_ key: String) -> Bool { held.withLock { $0.insert(key).inserted } }

    private func release(_ key: String) { held.withLock { _ = $0.remove(key) } }
}
