import Glibc

/// Connections to a unix socket that say nothing.
package final class RawConnections {
    private var descriptors: [CInt] = []

    package init() {}

    package var count: Int { descriptors.count }

    /// How many this process can have beside what it has open.
    package static var most: Int {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur) - 500
    }

    /// Opens one more; false where the listener's queue is full or nobody listens.
    package func open(_ path: String) -> Bool {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            unsafe place.copyBytes(from: path.utf8.prefix(place.count - 1))
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, size)
            }
        }
        guard code == 0 else {
            close(descriptor)
            return false
        }
        descriptors.append(descriptor)
        return true
    }

    package func closeAll() {
        for descriptor in descriptors { close(descriptor) }
        descriptors = []
    }

    deinit { closeAll() }
}
