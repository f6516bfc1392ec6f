/// What C-core holds as the tag of one operation: exactly one retain, given back exactly once.
final class PendingOperation: Sendable {
    private let completion: @Sendable (_ succeeded: Bool) -> Void

    private init(_ completion: @escaping @Sendable (Bool) -> Void) { self.completion = completion }

    /// Starts an operation; false when C-core refused it, and the completion never runs.
    ///
    /// The completion runs on the queue's thread and must not block.
    static func start(
        _ begin: (_ tag: UnsafeMutableRawPointer) -> Bool,
        then completion: @escaping @Sendable (Bool) -> Void
    ) -> Bool {
        let retained = unsafe Unmanaged.passRetained(PendingOperation(completion))
        if unsafe begin(retained.toOpaque()) { return true }
        unsafe retained.release()
        return false
    }

    /// Starts an operation and waits for it, also in a cancelled task; false when it failed.
    static func run(_ begin: (_ tag: UnsafeMutableRawPointer) -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            let started = unsafe start(begin) { continuation.resume(returning: $0) }
            if !started { continuation.resume(returning: false) }
        }
    }

    /// Takes the operation back out of its tag and completes it.
    static func complete(_ tag: UnsafeMutableRawPointer, succeeded: Bool) {
        let operation = unsafe Unmanaged<PendingOperation>.fromOpaque(tag).takeRetainedValue()
        operation.completion(succeeded)
    }
}
