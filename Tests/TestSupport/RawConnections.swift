import Glibc

/// Connections that say nothing.
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

    /// Opens one more to a unix socket; false where the listener's queue is full or nobody listens.
    package func open(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
            unsafe place.copyBytes(from: path.utf8.prefix(place.count - 1))
        }
        return connect(&address, AF_UNIX, CInt(SOCK_NONBLOCK.rawValue))
    }

    /// Opens one more to a port of this host; false where nobody listens.
    package func open(port: UInt16) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return connect(&address, AF_INET, 0)
    }

    /// Sends one byte on a connection.
    package func speak(on index: Int) -> Bool {
        unsafe send(descriptors[index], "P", 1, CInt(MSG_NOSIGNAL)) == 1
    }

    /// Whether the other side has not ended a connection; what it has sent is thrown away.
    package func isOpen(_ index: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let flags = CInt(MSG_DONTWAIT)
            let count = unsafe recv(descriptors[index], &buffer, buffer.count, flags)
            if count <= 0 { return count < 0 && errno == EAGAIN }
        }
    }

    private func connect<Address>(_ address: inout Address, _ family: CInt, _ flags: CInt) -> Bool {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | flags
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { return false }
        let size = socklen_t(MemoryLayout<Address>.size)
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, size)
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
