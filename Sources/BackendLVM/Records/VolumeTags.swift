import Backend
import DriverCore

/// A volume's record as tags, and back; its size is the logical volume's own.
extension VolumeRecord {
    var tags: Tags {
        var tags = Tags()
        tags.setCommon(name: name, tier: tier, created: created)
        tags.set(Fact.state, state.rawValue)
        tags.set(Fact.contents, contents.rawValue)
        tags.set(Fact.size, String(createdSize.bytes))
        tags.set(Fact.filesystem, filesystem?.rawValue)
        tags.set(Fact.source, source?.text)
        tags.set(Fact.ephemeral, isEphemeral ? "yes" : nil)
        tags.set(Fact.claim, claim.claim)
        tags.set(Fact.namespace, claim.namespace)
        tags.set(Fact.volume, claim.volume)
        // LVM promises no order of tags, so each value begins with its place.
        let numbered = capabilities.enumerated().map { "\($0.offset):\($0.element.tagValue)" }
        tags.set(Fact.capability, escaped: numbered)
        tags.setParameters(parameters)
        return tags
    }

    /// Reads the record of a logical volume; throws `hostFailure` where a tag is damaged, and
    /// `unavailable` where they are of a format that this driver does not know.
    init(id: VolumeID, size: ByteCount, tags: Tags) throws(DriverError) {
        try tags.checkFormat()
        var capabilities: [Int: RecordedCapability] = [:]
        for value in tags.values(of: Fact.capability) {
            let rest = String(value.byteSuffix(after: ":") ?? "")
            guard let place = Int(value.bytePrefix(before: ":")),
                let capability = RecordedCapability(tagValue: rest),
                capabilities.updateValue(capability, forKey: place) == nil
            else { throw tags.damage(Fact.capability) }
        }
        self.init(
            id: id,
            name: try tags.required(Fact.name),
            tier: try tags.required(Fact.tier),
            size: size,
            createdSize: try tags.byteCount(Fact.size),
            capabilities: capabilities.sorted { $0.key < $1.key }.map(\.value),
            filesystem: try tags.optional(Fact.filesystem) { FilesystemType(rawValue: $0) },
            parameters: try tags.parameters(),
            source: try tags.optional(Fact.source) { VolumeSource(text: $0) },
            created: try tags.required(Fact.created) { Timestamp(tagText: $0) },
            state: try tags.required(Fact.state) { State(rawValue: $0) },
            contents: try tags.required(Fact.contents) { Contents(rawValue: $0) },
            isEphemeral: try tags.text(Fact.ephemeral) != nil,
            claim: ClaimNames(
                claim: try tags.text(Fact.claim),
                namespace: try tags.text(Fact.namespace),
                volume: try tags.text(Fact.volume)
            )
        )
    }
}

/// The names of the facts; they are on disks, so they never change.
enum Fact {
    /// Of the tags themselves: see ``Tags/checkFormat()``.
    static let format = "format"
    static let name = "name"
    static let tier = "tier"
    static let created = "created"
    static let state = "state"
    static let contents = "contents"
    /// What a create asked for; of a snapshot, the size of its source.
    static let size = "size"
    static let filesystem = "fs"
    static let source = "source"
    static let ephemeral = "ephemeral"
    static let claim = "pvc"
    static let namespace = "namespace"
    static let volume = "pv"
    static let capability = "capability"
    static let parameter = "parameter."
    /// What a thin snapshot held when it was cut.
    static let held = "held"
}

extension Tags {
    mutating func setCommon(name: String, tier: String, created: Timestamp) {
        set(Fact.name, name)
        set(Fact.tier, tier)
        set(Fact.created, created.tagText)
    }

    mutating func setParameters(_ parameters: [String: String]) {
        for (key, value) in parameters { set(Fact.parameter + TagText.escaped(key), value) }
    }

    func parameters() throws(DriverError) -> [String: String] {
        var parameters: [String: String] = [:]
        for (name, _) in facts(beginning: Fact.parameter) {
            guard let key = TagText.unescaped(name) else { throw damage(Fact.parameter + name) }
            parameters[key] = try required(Fact.parameter + name)
        }
        return parameters
    }
}

extension VolumeSource {
    var text: String {
        switch self {
        case .snapshot(let id): id.text
        case .volume(let id): id.text
        }
    }

    init?(text: String) {
        if let id = SnapshotID(parsing: text) {
            self = .snapshot(id)
        } else if let id = VolumeID(parsing: text) {
            self = .volume(id)
        } else {
            return nil
        }
    }
}

extension Timestamp {
    /// `1795381121.000000042`.
    var tagText: String {
        let digits = String(nanoseconds)
        return "\(seconds)." + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }

    init?(tagText text: String) {
        let parts = text.byteSplit(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 9, let seconds = Int64(parts[0]),
            let nanoseconds = Int32(parts[1]), nanoseconds >= 0
        else { return nil }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }
}

extension RecordedCapability {
    /// `SINGLE_NODE_WRITER:mount:ext4:noatime:discard`, each part escaped.
    fileprivate var tagValue: String {
        ([mode, isBlock ? "block" : "mount", filesystem] + mountFlags).map(TagText.escaped)
            .joined(separator: ":")
    }

    fileprivate init?(tagValue: String) {
        var parts: [String] = []
        for part in tagValue.byteSplit(separator: ":", omittingEmptySubsequences: false) {
            guard let text = TagText.unescaped(part) else { return nil }
            parts.append(text)
        }
        guard parts.count >= 3, ["block", "mount"].contains(parts[1]) else { return nil }
        self.init(
            mode: parts[0],
            isBlock: parts[1] == "block",
            filesystem: parts[2],
            mountFlags: Array(parts[3...])
        )
    }
}
