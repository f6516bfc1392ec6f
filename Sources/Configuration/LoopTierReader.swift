/// Reads the value of `loop`.
struct LoopTierReader {
    private static let keys = ["directory", "provisioning", "overcommit"]
    /// Source: PATH_MAX less what stands beneath the folder (an id and a file name).
    private static let longestDirectory = 3900

    let configuration: LoopTierConfiguration
    let place: TierPlace

    init(_ node: NamedNode) throws(ConfigurationProblem) {
        let loop = try MappingReader(node.node, of: "'loop'", keys: Self.keys)
        let directory = try loop.required("directory")
        let path = try Self.directory(directory)
        place = TierPlace(storage: .directory(path), line: directory.line)
        let provisioning =
            try loop.optional("provisioning")?.choice(LoopTierConfiguration.Provisioning.self)
            ?? .thin
        let overcommit = try loop.optional("overcommit")
        let factor = try overcommit?.number(atLeast: 0.1) ?? 1
        if let overcommit, provisioning == .thick {
            throw ConfigurationProblem(
                line: overcommit.line,
                "'overcommit' is accepted only with provisioning: thin"
            )
        }
        configuration = LoopTierConfiguration(
            directory: path,
            provisioning: provisioning,
            overcommit: factor
        )
    }

    /// The path as the kernel will read it, so that two spellings of one folder cannot hide.
    private static func directory(_ node: NamedNode) throws(ConfigurationProblem) -> String {
        let accepted = "an absolute path without '.', '..', '//' and a '/' at its end"
        let path = try node.text(accepted: accepted)
        let components = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard path.hasPrefix("/"), path.utf8.count <= longestDirectory,
            components.allSatisfy({ !["", ".", ".."].contains($0) }),
            path.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw node.refusal(accepted: accepted) }
        return path
    }
}
