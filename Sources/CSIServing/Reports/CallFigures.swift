package import DriverCore
import Synchronization

/// How the calls of each method ended, and how long they took, since the process began.
package final class CallFigures: Sendable {
    package struct OfMethod: Sendable {
        package var seconds = Histogram()
        package var codes: [String: UInt64] = [:]
    }

    private let methods = Mutex<[String: OfMethod]>([:])

    package init() {}

    /// `method` as in `/csi.v1.Node/NodeStageVolume`, `code` by its gRPC name; only methods that are
    /// served, which are few.
    package func add(_ method: String, _ code: String, _ duration: Duration) {
        methods.withLock { methods in
            methods[method, default: OfMethod()].seconds.add(duration / .seconds(1))
            methods[method, default: OfMethod()].codes[code, default: 0] += 1
        }
    }

    /// In order of their names.
    package var all: [(method: String, figures: OfMethod)] {
        methods.withLock(\.self).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
