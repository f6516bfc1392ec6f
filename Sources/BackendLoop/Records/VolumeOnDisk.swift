import Backend
import DiskFormat
import DriverCore

/// The key `record` of `volume.json`.
struct VolumeOnDisk: RecordOnDisk {
    let record: VolumeRecord
    let unknown: Unknown

    /// The keys at each level that this version does not know.
    struct Unknown: UnknownRecordKeys {
        var own = UnknownKeys()
        var created = UnknownKeys()
        var claim = UnknownKeys()
        /// In the order of the capabilities; empty where none has any.
        var capabilities: [UnknownKeys] = []
    }

    private enum Key: String, CodingKey {
        case id, name, tier, size, createdSize, capabilities, filesystem, blockSize, parameters,
            source, created
        case state, contents, isEphemeral, claim
    }

    init(_ record: VolumeRecord, keeping unknown: Unknown) {
        self.record = record
        self.unknown = unknown
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        let created = try keys.decode(TimestampOnDisk.self, forKey: .created)
        let claim = try keys.decode(ClaimOnDisk.self, forKey: .claim)
        let capabilities = try keys.decode([CapabilityOnDisk].self, forKey: .capabilities)
        record = VolumeRecord(
            id: try keys.id(.id),
            name: try keys.decode(String.self, forKey: .name),
            tier: try keys.decode(String.self, forKey: .tier),
            size: try keys.size(.size),
            createdSize: try keys.size(.createdSize),
            capabilities: capabilities.map(\.capability),
            filesystem: try keys.choiceIfPresent(.filesystem),
            blockSize: try keys.choiceIfPresent(.blockSize),
            parameters: try keys.decode([String: String].self, forKey: .parameters),
            source: try keys.decodeIfPresent(SourceOnDisk.self, forKey: .source)?.source,
            created: created.timestamp,
            state: try keys.choice(.state),
            contents: try keys.choice(.contents),
            isEphemeral: try keys.decode(Bool.self, forKey: .isEphemeral),
            claim: claim.names
        )
        let ofCapabilities = capabilities.map(\.unknown)
        unknown = Unknown(
            own: try UnknownKeys(in: decoder, besides: Key.self),
            created: created.unknown,
            claim: claim.unknown,
            capabilities: ofCapabilities.allSatisfy(\.isEmpty) ? [] : ofCapabilities
        )
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(record.id, forKey: .id)
        try keys.encode(record.name, forKey: .name)
        try keys.encode(record.tier, forKey: .tier)
        try keys.encode(record.size, forKey: .size)
        try keys.encode(record.createdSize, forKey: .createdSize)
        try keys.encode(capabilities, forKey: .capabilities)
        try keys.encodeIfPresent(record.filesystem?.rawValue, forKey: .filesystem)
        try keys.encodeIfPresent(record.blockSize?.rawValue, forKey: .blockSize)
        try keys.encode(record.parameters, forKey: .parameters)
        try keys.encodeIfPresent(record.source.map(SourceOnDisk.init), forKey: .source)
        try keys.encode(TimestampOnDisk(record.created, unknown.created), forKey: .created)
        try keys.encode(record.state.rawValue, forKey: .state)
        try keys.encode(record.contents.rawValue, forKey: .contents)
        try keys.encode(record.isEphemeral, forKey: .isEphemeral)
        try keys.encode(ClaimOnDisk(record.claim, unknown.claim), forKey: .claim)
        try unknown.own.encode(to: encoder)
    }

    private var capabilities: [CapabilityOnDisk] {
        record.capabilities.enumerated().map { place, capability in
            let unknown = unknown.capabilities
            let kept = unknown.indices.contains(place) ? unknown[place] : UnknownKeys()
            return CapabilityOnDisk(capability, kept)
        }
    }
}

/// An element of `capabilities`.
private struct CapabilityOnDisk: Codable {
    let capability: RecordedCapability
    let unknown: UnknownKeys

    private enum Key: String, CodingKey { case mode, isBlock, filesystem, mountFlags }

    init(_ capability: RecordedCapability, _ unknown: UnknownKeys) {
        self.capability = capability
        self.unknown = unknown
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        capability = RecordedCapability(
            mode: try keys.decode(String.self, forKey: .mode),
            isBlock: try keys.decode(Bool.self, forKey: .isBlock),
            filesystem: try keys.decode(String.self, forKey: .filesystem),
            mountFlags: try keys.decode([String].self, forKey: .mountFlags)
        )
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(capability.mode, forKey: .mode)
        try keys.encode(capability.isBlock, forKey: .isBlock)
        try keys.encode(capability.filesystem, forKey: .filesystem)
        try keys.encode(capability.mountFlags, forKey: .mountFlags)
        try unknown.encode(to: encoder)
    }
}

/// `source`: `{"snapshot": {"_0": "s1-..."}}` or `{"volume": {"_0": "v1-..."}}`.
///
/// The odd key is what the first release wrote. It takes no further key beside it.
private struct SourceOnDisk: Codable {
    let source: VolumeSource

    private enum Key: String, CodingKey { case snapshot, volume }
    private enum IDKey: String, CodingKey { case id = "_0" }

    init(_ source: VolumeSource) { self.source = source }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        guard keys.allKeys.count == 1 else {
            throw keys.damage(.snapshot, "a source must be a snapshot or a volume")
        }
        if keys.contains(.snapshot) {
            let id = try keys.nestedContainer(keyedBy: IDKey.self, forKey: .snapshot)
            source = .snapshot(try id.id(.id))
        } else {
            let id = try keys.nestedContainer(keyedBy: IDKey.self, forKey: .volume)
            source = .volume(try id.id(.id))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        switch source {
        case .snapshot(let id):
            var object = keys.nestedContainer(keyedBy: IDKey.self, forKey: .snapshot)
            try object.encode(id, forKey: .id)
        case .volume(let id):
            var object = keys.nestedContainer(keyedBy: IDKey.self, forKey: .volume)
            try object.encode(id, forKey: .id)
        }
    }
}

/// `claim`.
private struct ClaimOnDisk: Codable {
    let names: ClaimNames
    let unknown: UnknownKeys

    private enum Key: String, CodingKey { case claim, namespace, volume }

    init(_ names: ClaimNames, _ unknown: UnknownKeys) {
        self.names = names
        self.unknown = unknown
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        names = ClaimNames(
            claim: try keys.decodeIfPresent(String.self, forKey: .claim),
            namespace: try keys.decodeIfPresent(String.self, forKey: .namespace),
            volume: try keys.decodeIfPresent(String.self, forKey: .volume)
        )
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encodeIfPresent(names.claim, forKey: .claim)
        try keys.encodeIfPresent(names.namespace, forKey: .namespace)
        try keys.encodeIfPresent(names.volume, forKey: .volume)
        try unknown.encode(to: encoder)
    }
}
