internal import DriverCore
internal import NodeStorage

/// The keys under the prefix `csi.storage.k8s.io/` of Kubernetes: which of them reach the driver,
/// and from where.
///
/// Source: external-provisioner `removePrefixedParameters`, external-snapshotter
/// `RemovePrefixedParameters`, kubelet `getPodInfoAttrs` and `podServiceAccountTokenAttrs`.
enum StandardKeys {
    static let prefix = "csi.storage.k8s.io/"
    /// The provisioner turns it into the capability's fs_type; other clients may send it as it is.
    static let filesystem = VolumeParameters.filesystemKey
    static let ephemeral = prefix + "ephemeral"
    /// What the provisioner notes in each PersistentVolume's attributes.
    static let provisionerIdentity = "storage.kubernetes.io/csiProvisionerIdentity"

    /// What `--extra-create-metadata` of the provisioner adds to a CreateVolume.
    private static let claimFacts = ["pvc/", "pv/"]
    /// What `--extra-create-metadata` of the snapshotter adds to a CreateSnapshot.
    private static let snapshotFacts = [
        "volumesnapshot/", "volumesnapshotcontent/", "volumegroupsnapshot/",
        "volumegroupsnapshotcontent/",
    ]
    /// What kubelet adds where the CSIDriver object asks for it (podInfoOnMount, tokenRequests).
    private static let podFacts = ["pod.", "serviceAccount."]

    static func isStandard(_ key: String) -> Bool { key.hasBytePrefix(prefix) }

    /// Whether a volume's parameters may hold the key; it asks for nothing that is not done.
    static func isOfClass(_ key: String) -> Bool {
        isRequest(key) || isFact(key, claimFacts)
    }

    static func isOfSnapshotClass(_ key: String) -> Bool {
        isFact(key, snapshotFacts) || isSecretReference(key)
    }

    /// Whether the key asks for something, so that it must not be ignored where it is out of place.
    static func isRequest(_ key: String) -> Bool { key == filesystem || isSecretReference(key) }

    /// Whether kubelet writes the key into a volume's context, over whatever stood there.
    static func isOfPod(_ key: String) -> Bool { key == ephemeral || isFact(key, podFacts) }

    /// The name or the namespace of a Secret, which the sidecars and kubelet resolve.
    private static func isSecretReference(_ key: String) -> Bool {
        isStandard(key)
            && ["-secret-name", "-secret-namespace"].contains { key.hasByteSuffix($0) }
    }

    private static func isFact(_ key: String, _ families: [String]) -> Bool {
        families.contains { key.hasBytePrefix(prefix + $0) }
    }
}
