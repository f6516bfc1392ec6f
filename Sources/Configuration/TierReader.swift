import DriverCore

/// Reads one item of `tiers`.
struct TierReader {
    private static let keys = [
        "name", "default", "filesystem", "reserve", "inline", "allowVolumeModeChange",
    ]

    let nameLine: Int
    let name: String
    /// nil where the file does not have the key.
    let isDefault: Bool?
    let defaultLine: Int
    let filesystem: FilesystemType
    let reserve: Reserve
    let policy: TierPolicy
    let storage: any TierStorage

    /// `kinds` are those of which a tier has one.
    init(_ node: ConfigurationNode, _ kinds: [any TierStorage.Type]) throws(ConfigurationProblem) {
        let tier = try MappingReader(node, of: "a tier", keys: Self.keys + kinds.map { $0.key })
        let name = try tier.required("name")
        (self.name, nameLine) = (try Self.name(name), name.line)
        let flag = try tier.optional("default")
        (isDefault, defaultLine) = (try flag?.flag(), flag?.line ?? tier.line)
        filesystem = try tier.optional("filesystem")?.choice(FilesystemType.self) ?? .ext4
        reserve = try tier.optional("reserve").map(Self.reserve) ?? .bytes(.zero)
        policy = try Self.policy(tier, filesystem: filesystem)
        storage = try Self.storage(tier, kinds, name: self.name)
    }

    func configuration(isDefault: Bool) -> TierConfiguration {
        TierConfiguration(
            name: name,
            isDefault: isDefault,
            filesystem: filesystem,
            reserve: reserve,
            policy: policy,
            storage: storage
        )
    }

    private static func policy(_ tier: MappingReader, filesystem: FilesystemType)
        throws(ConfigurationProblem) -> TierPolicy
    {
        let inline = try tier.optional("inline")
        return TierPolicy(
            inline: try inline.map { (node) throws(ConfigurationProblem) in
                try InlinePolicyReader.read(node, filesystem: filesystem)
            },
            allowsVolumeModeChange: try tier.optional("allowVolumeModeChange")?.flag() ?? false
        )
    }

    private static func storage(
        _ tier: MappingReader,
        _ kinds: [any TierStorage.Type],
        name: String
    ) throws(ConfigurationProblem) -> any TierStorage {
        let keys = kinds.map { $0.key }
        let present = tier.present(among: keys)
        guard present.count == 1, let kind = kinds.first(where: { $0.key == present[0].key }) else {
            throw ConfigurationProblem(
                line: present.dropFirst().first?.line ?? tier.line,
                "tier '\(name)' needs exactly one of the keys: \(listed(keys))"
            )
        }
        return try kind.init(tier.required(kind.key))
    }

    /// A name that can be a Kubernetes label and a directory name.
    private static func name(_ node: NamedNode) throws(ConfigurationProblem) -> String {
        let accepted = "at most 63 of a-z, 0-9 and -, without - at the ends"
        let name = try node.text(accepted: accepted)
        let isInside = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard name.utf8.count <= 63, let first = name.utf8.first, let last = name.utf8.last,
            isInside(first), isInside(last),
            name.utf8.allSatisfy({ isInside($0) || $0 == UInt8(ascii: "-") })
        else { throw node.refusal(accepted: accepted) }
        return name
    }

    private static func reserve(_ node: NamedNode) throws(ConfigurationProblem) -> Reserve {
        let accepted = "bytes (10Gi) or a share (0% to 99%)"
        let text = try node.text(accepted: accepted)
        if text.hasByteSuffix("%") {
            return .percent(try node.percent(0...99, accepted: accepted))
        }
        guard let bytes = ByteCount(parsing: text) else { throw node.refusal(accepted: accepted) }
        return .bytes(bytes)
    }
}
