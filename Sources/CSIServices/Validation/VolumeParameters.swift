internal import Backend
internal import DriverCore
internal import Host

extension [String: String] {
    /// Whether both have the same keys and values, byte by byte.
    func hasSameBytes(as other: [String: String]) -> Bool {
        func pairs(_ map: [String: String]) -> Set<[ByteKey]> {
            Set(map.map { [ByteKey($0.key), ByteKey($0.value)] })
        }
        return pairs(self) == pairs(other)
    }
}

/// The StorageClass parameters of a volume, checked.
struct VolumeParameters: Sendable {
    /// Keys that Kubernetes adds or strips by itself; accepted everywhere, in any case.
    ///
    /// Source: external-provisioner `removePrefixedParameters`; GetCapacity gets them unstripped.
    static let standardPrefix = "csi.storage.k8s.io/"

    /// nil means the default tier.
    let tier: String?
    /// Split into an argument vector later, when the file system's type is known.
    let mkfsOptions: String?
    /// nil means the tier's.
    let layout: Layout?
    /// The class's file system, which only GetCapacity is told this way: CreateVolume gets it as
    /// the capability's fs_type.
    let filesystem: FilesystemType?
    let claim: ClaimNames
    /// What the volume's record keeps, and a retry is compared with.
    let kept: [String: String]

    private static let known = ["tier", "mkfsOptions"] + LayoutParameters.keys

    init(_ parameters: [String: String]) throws(DriverError) {
        try RequestLimits.check(parameters, "parameters")
        kept = parameters.filter { !$0.key.hasBytePrefix(Self.standardPrefix) }
        if let unknown = kept.keys.sorted().first(where: { !Self.known.contains($0) }) {
            throw DriverError(
                .invalidRequest,
                "parameter '\(unknown.shortened(toBytes: 64))' is not known; the StorageClass parameters are: "
                    + Self.known.joined(separator: ", ")
            )
        }
        tier = kept["tier"]
        mkfsOptions = kept["mkfsOptions"]
        layout = try LayoutParameters.layout(in: kept)
        filesystem = parameters[Self.standardPrefix + "fstype"].flatMap(FilesystemType.init)
        claim = ClaimNames(
            claim: parameters[Self.standardPrefix + "pvc/name"],
            namespace: parameters[Self.standardPrefix + "pvc/namespace"],
            volume: parameters[Self.standardPrefix + "pv/name"]
        )
    }

    /// Snapshot classes have no parameters of ours.
    static func checkSnapshot(_ parameters: [String: String]) throws(DriverError) {
        try RequestLimits.check(parameters, "parameters")
        let own = parameters.keys.filter { !$0.hasBytePrefix(standardPrefix) }
        if let unknown = own.min() {
            throw DriverError(
                .invalidRequest,
                "snapshot parameter '\(unknown.shortened(toBytes: 64))' is not known; there are none"
            )
        }
    }
}
