internal import CSIServing
internal import DriverCore

/// The attributes of a volume at stage and publish: this driver gives its volumes none.
enum VolumeContext {
    private static let spelling = Spelling(keys: [], synonyms: hints)
    /// What people write into a PersistentVolume's `volumeAttributes`, and where it belongs.
    private static let hints = [
        "fstype": "spec.csi.fsType", "readonly": "spec.csi.readOnly",
        "mountoptions": "spec.mountOptions", "mountflags": "spec.mountOptions",
    ]

    /// Throws `invalidRequest` for an attribute that would be ignored.
    ///
    /// The facts of Kubernetes pass: the provisioner and kubelet add them to every volume.
    static func check(_ context: [String: String]) throws(DriverError) {
        try RequestLimits.check(context, "volume_context")
        let unknown = context.keys.filter { key in
            key != StandardKeys.provisionerIdentity && !isFact(key)
        }
        guard let key = unknown.min() else { return }
        throw DriverError(
            .invalidRequest,
            "volume attribute '\(key.shortened(toBytes: 64))' is unknown\(spelling.hint(for: key)); "
                + "this driver's volumes take no attributes"
        )
    }

    /// A key of the prefix that asks for nothing is kubelet's or the sidecars': one that a later
    /// release adds must not stop pods.
    private static func isFact(_ key: String) -> Bool {
        StandardKeys.isStandard(key) && !StandardKeys.isRequest(key)
    }
}

/// What an inline volume may be told: a pod's own words, of which only these are taken.
struct InlineAttributes: Sendable {
    /// Zero where the pod names none.
    let size: ByteCount
    /// nil means the default tier.
    let tier: String?

    private static let keys = ["size", "tier"]
    private static let spelling = Spelling(
        keys: keys,
        synonyms: [
            "capacity": "size", "storage": "size", "sizelimit": "size", "fstype": "csi.fsType",
            "filesystem": "csi.fsType", "readonly": "csi.readOnly",
        ]
    )

    /// Throws `invalidRequest`, naming the attribute, for everything that is not a pod's to choose.
    ///
    /// What kubelet adds passes and is not used: without `podInfoOnMount` a pod could write it.
    init(_ context: [String: String]) throws(DriverError) {
        let own = context.filter { !StandardKeys.isOfPod($0.key) }
        if let unknown = own.keys.filter({ !Self.keys.contains($0) }).min() {
            throw DriverError(
                .invalidRequest,
                "volume attribute '\(unknown.shortened(toBytes: 64))' is not accepted for an inline volume"
                    + Self.spelling.hint(for: unknown)
                    + "; a pod may set the attributes size and tier, and the field csi.fsType"
            )
        }
        size = try own["size"].map(Self.size) ?? .zero
        tier = own["tier"]
    }

    private static func size(_ text: String) throws(DriverError) -> ByteCount {
        guard let size = ByteCount(parsing: text), size > .zero else {
            throw DriverError(
                .invalidRequest,
                "volume attribute size '\(text.shortened(toBytes: 32))' is not a size; write it like 1Gi"
            )
        }
        return size
    }
}
