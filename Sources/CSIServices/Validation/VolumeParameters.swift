internal import Backend
internal import CSIServing
internal import DriverCore
internal import NodeStorage

extension VolumeParameters {
    /// Which request they come with.
    enum Use: Sendable {
        /// A volume's: the sidecars have taken out what is theirs.
        case volume
        /// GetCapacity gets a class as it is written, with keys for the sidecars alone.
        case capacity
    }

    private static let modeKey = "allowVolumeModeChange"
    private static let synonyms = [
        "filesystem": StandardKeys.filesystem, "filesystemtype": StandardKeys.filesystem,
        "fs": StandardKeys.filesystem, "formatoptions": "mkfsOptions", "mkfs": "mkfsOptions",
        "pool": "tier", "deviceclass": "tier",
    ]

    /// `kinds` says what each kind of backend lets a class ask for.
    init(_ parameters: [String: String], _ kinds: [ClassParameters], for use: Use = .volume)
        throws(DriverError)
    {
        try RequestLimits.check(parameters, "parameters")
        try Self.refuseUnknown(parameters, kinds, for: use)
        let kept = parameters.filter { !StandardKeys.isStandard($0.key) }
        self.init(
            tier: kept["tier"],
            mkfsOptions: kept["mkfsOptions"],
            wishes: try Self.wishes(in: kept, kinds),
            blockSize: try BlockSizeParameter.size(in: kept),
            filesystem: try VolumeAccess.filesystem(parameters[StandardKeys.filesystem] ?? ""),
            allowsVolumeModeChange: try Self.flag(kept[Self.modeKey]),
            claim: ClaimNames(
                claim: try Self.fact("pvc/name", in: parameters),
                namespace: try Self.fact("pvc/namespace", in: parameters),
                volume: try Self.fact("pv/name", in: parameters)
            ),
            kept: kept
        )
    }

    private static func wishes(in parameters: [String: String], _ kinds: [ClassParameters])
        throws(DriverError) -> [any Tailoring]
    {
        var wishes: [any Tailoring] = []
        for kind in kinds {
            if let wish = try kind.read(parameters) { wishes.append(wish) }
        }
        return wishes
    }

    private static func refuseUnknown(
        _ parameters: [String: String],
        _ kinds: [ClassParameters],
        for use: Use
    ) throws(DriverError) {
        let known = ["tier", "mkfsOptions", blockSizeKey] + kinds.flatMap(\.keys) + [modeKey]
        let unknown = parameters.keys.filter { key in
            StandardKeys.isStandard(key)
                ? use == .volume && !StandardKeys.isOfClass(key) : !known.contains(key)
        }
        guard let key = unknown.min() else { return }
        let accepted = known + [StandardKeys.filesystem]
        let spelling = Spelling(
            keys: accepted,
            synonyms: kinds.reduce(into: synonyms) { all, kind in
                all.merge(kind.synonyms) { first, _ in first }
            }
        )
        throw DriverError(
            .invalidRequest,
            "parameter '\(key.shortened(toBytes: 64))' is unknown\(spelling.hint(for: key)); the "
                + "StorageClass parameters are: "
                + accepted.joined(separator: ", ")
        )
    }

    private static func flag(_ text: String?) throws(DriverError) -> Bool {
        guard let text else { return false }
        guard let flag = Bool(text) else {
            throw DriverError(
                .invalidRequest,
                "parameter '\(modeKey)' is '\(text.shortened(toBytes: 32))'; accepted: true, false"
            )
        }
        return flag
    }

    /// A name that Kubernetes gave, for people to read.
    ///
    /// Source: Kubernetes, "Object Names and IDs": at most 253 characters of a DNS subdomain.
    private static func fact(_ name: String, in parameters: [String: String]) throws(DriverError)
        -> String?
    {
        let key = StandardKeys.prefix + name
        guard let text = parameters[key] else { return nil }
        try RequestLimits.check(text, "parameter '\(key)'", limit: 253)
        guard !text.unicodeScalars.contains(where: \.isHidden) else {
            throw DriverError(.invalidRequest, "parameter '\(key)' has a control character")
        }
        return text
    }

    /// Snapshot classes have no parameters of ours.
    static func checkSnapshot(_ parameters: [String: String]) throws(DriverError) {
        try RequestLimits.check(parameters, "parameters")
        let unknown = parameters.keys.filter { !StandardKeys.isOfSnapshotClass($0) }
        guard let key = unknown.min() else { return }
        throw DriverError(
            .invalidRequest,
            "snapshot parameter '\(key.shortened(toBytes: 64))' is unknown; snapshots take no parameters"
        )
    }
}
