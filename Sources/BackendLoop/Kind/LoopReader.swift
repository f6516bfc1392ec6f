import Configuration
import DriverCore

/// Reads the values below `loop`.
enum LoopReader {
    static let keys = [
        "directory", "provisioning", "overcommit", "create", "mountPoint", "uuid", "volatile",
    ]
    /// Source: PATH_MAX less the part under the directory (an id and a file name).
    private static let longestDirectory = 3900

    /// Whether the driver may create the pool; `create: true` stays in the file, so it requires
    /// `mountPoint` to be stated.
    static func createsPool(_ loop: MappingReader) throws(ConfigurationProblem) -> Bool {
        guard let create = try loop.optional("create"), try create.flag() else { return false }
        guard try loop.optional("mountPoint") != nil else {
            throw ConfigurationProblem(
                line: create.line,
                "'create' needs 'mountPoint': set it to true if a disk is mounted at the directory, or "
                    + "to false if the directory is part of a larger file system"
            )
        }
        if let uuid = try loop.optional("uuid") {
            throw ConfigurationProblem(
                line: uuid.line,
                "'uuid' names a pool that exists, so it cannot be combined with 'create: true'"
            )
        }
        return true
    }

    /// As in `cairn-pool.json`: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
    static func uuid(_ node: NamedNode) throws(ConfigurationProblem) -> String {
        let accepted = "the uuid of cairn-pool.json"
        let text = try node.text(accepted: accepted).lowercased()
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let isHex = { (byte: UInt8) in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard groups.map(\.count) == [8, 4, 4, 4, 12], groups.allSatisfy({ $0.allSatisfy(isHex) })
        else { throw node.refusal(accepted: accepted) }
        return text
    }

    /// The path as the kernel reads it, so that one directory has only one spelling.
    static func directory(_ node: NamedNode) throws(ConfigurationProblem) -> String {
        let accepted = "an absolute path without '.', '..', '//' and a final '/'"
        let path = try node.text(accepted: accepted)
        let components = path.byteSplit(separator: "/", omittingEmptySubsequences: false)
            .dropFirst()
        guard path.hasBytePrefix("/"), path.utf8.count <= longestDirectory,
            components.allSatisfy({ !["", ".", ".."].contains($0) }),
            path.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw node.refusal(accepted: accepted) }
        return path
    }
}
