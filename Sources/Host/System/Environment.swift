import Glibc

/// The environment of the process, and its host's name.
package enum Environment {
    /// The value of an environment variable; nil where it is not set or empty.
    package static func value(of name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The host's name in the kernel.
    package static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
        // Cannot fail: Linux names fit into HOST_NAME_MAX.
        unsafe gethostname(&buffer, buffer.count - 1)
        return String(
            decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
    }
}
