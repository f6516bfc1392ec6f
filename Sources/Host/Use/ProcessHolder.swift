import DriverCore
package import Glibc

/// A process that keeps a device in use, described for an administrator.
package struct ProcessHolder: Sendable, Hashable, CustomStringConvertible {
    package let pid: pid_t
    /// The process's own name; may be a tenant's text.
    package let command: String
    /// The id of its container in container runtimes; nil outside of containers.
    package let container: String?

    /// The process as /proc shows it now; text that cannot be read is replaced.
    init(pid: pid_t) {
        self.pid = pid
        command = SystemFile.line("/proc/\(pid)/comm") ?? "unknown"
        let groups = (try? SystemFile.read("/proc/\(pid)/cgroup")) ?? []
        container = Self.container(inGroups: String(decoding: groups, as: UTF8.self))
    }

    /// `process 4711 (node-exporter) of container 3f2a...`.
    package var description: String {
        let place = container.map { " of container \($0)" } ?? ""
        return "process \(pid) (\(command))\(place)"
    }

    /// The container's id in the text of /proc/PID/cgroup.
    ///
    /// Runtimes end the path of its group with the id, 64 hex digits, bare or as
    /// `cri-containerd-<id>.scope`; what runs inside may have groups below that.
    static func container(inGroups text: String) -> String? {
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            for part in line.split(separator: UInt8(ascii: "/")).reversed() {
                let id = part.split { !isHexDigit($0) }.last { $0.count == idDigits }
                if let id { return String(decoding: id, as: UTF8.self) }
            }
        }
        return nil
    }

    private static let idDigits = 64

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension ProcessHolder {
    /// A process that has the device's node open; nil where none is visible.
    ///
    /// For people: goes through the descriptors of every process by name, and opens none.
    static func opening(_ path: String) -> ProcessHolder? {
        for name in (try? SystemFile.names(in: "/proc")) ?? [] {
            guard let pid = pid_t(name), pid != getpid() else { continue }
            let folder = "/proc/\(pid)/fd"
            for descriptor in (try? SystemFile.names(in: folder)) ?? []
            where SystemFile.link("\(folder)/\(descriptor)")?.hasSameBytes(as: path) ?? false {
                return ProcessHolder(pid: pid)
            }
        }
        return nil
    }
}
