import DriverCore

/// Reads the value of `inline`.
enum InlinePolicyReader {
    private static let keys = ["maxSize", "maxVolumes", "filesystems"]
    private static let volumes = 1...100_000

    /// `filesystem` is the tier's own, the only one that a pod gets where the file lists none.
    static func read(_ node: NamedNode, filesystem: FilesystemType) throws(ConfigurationProblem)
        -> InlinePolicy
    {
        let inline = try MappingReader(node.node, of: "'inline'", keys: keys)
        return InlinePolicy(
            maximumSize: try size(try inline.required("maxSize")),
            maximumVolumes: try inline.required("maxVolumes")
                .integer(volumes, accepted: "a number from 1 to \(volumes.upperBound)"),
            filesystems: try inline.optional("filesystems").map(filesystems) ?? [filesystem]
        )
    }

    private static func size(_ node: NamedNode) throws(ConfigurationProblem) -> ByteCount {
        let accepted = "a size like 10Gi"
        guard let size = ByteCount(parsing: try node.text(accepted: accepted)), size > .zero else {
            throw node.refusal(accepted: accepted)
        }
        return size
    }

    private static func filesystems(_ node: NamedNode) throws(ConfigurationProblem)
        -> [FilesystemType]
    {
        var types: [FilesystemType] = []
        for item in try node.list(of: "file systems") {
            types.append(
                try NamedNode(name: node.name, node: item).choice(FilesystemType.self)
            )
        }
        guard !types.isEmpty else {
            throw ConfigurationProblem(
                line: node.line,
                "'filesystems' needs at least one of: \(FilesystemType.names)"
            )
        }
        return types
    }
}
