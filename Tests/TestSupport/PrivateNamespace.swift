import DriverCore
package import Glibc
import Host

/// A process in a mount namespace of its own: a copy of this process's at its start, which sees no
/// mount and no unmount of later; as a pod has one that mounts the host's root.
package final class PrivateNamespace: Sendable {
    private let child: ChildProgram

    /// Starts the process and waits until it has its own namespace.
    package convenience init(in folder: TemporaryFolder) async throws {
        try await self.init(folder: folder.path)
    }

    /// The process ends by itself after the seconds.
    package init(folder: String, seconds: Int = 10_000) async throws {
        child = try ChildProgram(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "private", "/usr/bin/sleep", "\(seconds)"],
            standardError: "\(folder)/namespace.log"
        )
        let end = ContinuousClock.now + .seconds(60)
        while command != "sleep", child.ended == nil {
            guard ContinuousClock.now < end else {
                throw DriverError(.timedOut, "unshare started no program")
            }
            await Task.yield()
        }
    }

    package var pid: pid_t { child.pid }

    private var command: String {
        let bytes = (try? Bytes.read("/proc/\(child.pid)/comm")) ?? []
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Ends the process, and its namespace with it.
    package func end() async throws {
        child.signal(SIGKILL)
        _ = try await child.waitForEnd()
    }
}
