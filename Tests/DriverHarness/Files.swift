import DriverCore
import Host
import TestSupport

/// Whole files.
package enum Files {
    package static func text(_ path: String) throws -> String {
        String(decoding: try Bytes.read(path), as: UTF8.self)
    }

    /// Everything that lies in a pool's folders of volumes and snapshots, half-made objects too.
    package static func objects(in pool: Pool) -> [String] {
        Paths.names(in: "\(pool.directory)/volumes")
            + Paths.names(in: "\(pool.directory)/snapshots")
    }

    /// SHA-256 of every byte.
    package static func checksum(_ path: String) throws -> String {
        let output = try Tool.run("/usr/bin/sha256sum", path)
        return String(output.prefix { $0 != " " })
    }
}

/// Programs that the tests need, and the driver does not.
package enum Tool {
    /// What the program said; throws where it failed.
    @discardableResult
    package static func run(_ program: String, _ arguments: String...) throws -> String {
        try run([program] + arguments)
    }

    @discardableResult
    package static func run(_ line: [String]) throws -> String {
        let command = HostCommand(program: line[0], arguments: Array(line.dropFirst()))
        let output = try command.run(deadline: .seconds(60))
        guard output.exitCode == 0 else {
            throw DriverError(.hostFailure, "\(command) failed: \(output.complaint)")
        }
        return output.standardOutput
    }
}
