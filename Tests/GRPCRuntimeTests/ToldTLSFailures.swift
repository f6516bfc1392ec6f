import GRPCRuntime
import Synchronization

/// What has been told of TLS since a test asked first.
enum ToldTLSFailures {
    private static let reasons = Mutex<Set<String>>([])

    static let listen: Void = TLSFailures.ofProcess.observe { reason, _ in
        reasons.withLock { _ = $0.insert(reason) }
    }

    static func contain(_ reason: String) -> Bool { reasons.withLock { $0.contains(reason) } }
}
