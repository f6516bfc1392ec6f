package import DriverCore

/// The size limits that the CSI specification sets on every request ("Size Limits").
package enum RequestLimits {
    /// Bytes of a string field without a limit of its own.
    package static let stringBytes = 128
    /// Bytes of all keys and values of one map.
    package static let mapBytes = 4096
    /// Bytes of all mount flags together.
    package static let mountFlagBytes = 4096
    /// Bytes of a path: PATH_MAX of Linux, its NUL included.
    package static let pathBytes = 4095

    /// A string that must be there.
    package static func require(_ value: String, _ field: String, limit: Int = stringBytes)
        throws(DriverError)
    {
        guard !value.isEmpty else { throw DriverError(.invalidRequest, "\(field) is missing") }
        try check(value, field, limit: limit)
    }

    /// An absolute path that must be there.
    package static func requirePath(_ value: String, _ field: String) throws(DriverError) {
        try require(value, field, limit: pathBytes)
    }

    package static func check(_ value: String, _ field: String, limit: Int = stringBytes)
        throws(DriverError)
    {
        guard value.utf8.count <= limit else {
            throw DriverError(
                .invalidRequest,
                "\(field) has \(value.utf8.count) bytes; at most \(limit) are allowed"
            )
        }
    }

    package static func check(_ map: [String: String], _ field: String) throws(DriverError) {
        let size = map.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard size <= mapBytes else {
            throw DriverError(
                .invalidRequest,
                "\(field) has \(size) bytes in all; at most \(mapBytes) are allowed"
            )
        }
    }

    package static func check(mountFlags flags: [String]) throws(DriverError) {
        let size = flags.reduce(0) { $0 + $1.utf8.count }
        guard size <= mountFlagBytes else {
            throw DriverError(
                .invalidRequest,
                "mount_flags have \(size) bytes in all; at most \(mountFlagBytes) are allowed"
            )
        }
    }

    /// A volume's or snapshot's name: there, short enough, and free of control characters.
    package static func checkName(_ name: String) throws(DriverError) {
        try require(name, "name")
        guard name.unicodeScalars.allSatisfy(isAllowedInName) else {
            throw DriverError(.invalidRequest, "name has a control character")
        }
    }

    /// Source: CSI CreateVolumeRequest.name: any Unicode but U+0000-0008, 000B, 000C, 000E-001F
    /// and 007F-009F.
    private static func isAllowedInName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x08, 0x0B, 0x0C, 0x0E...0x1F, 0x7F...0x9F: false
        default: true
        }
    }
}
