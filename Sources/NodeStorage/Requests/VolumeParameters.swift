package import Backend
package import DriverCore

/// The checked StorageClass parameters of a volume.
package struct VolumeParameters: Sendable {
    /// The parameter for the file system: the provisioner's key, with its prefix.
    package static let filesystemKey = "csi.storage.k8s.io/fstype"
    /// The parameter for the logical block size of the device.
    package static let blockSizeKey = "blockSize"

    /// nil means the default tier.
    package let tier: String?
    /// mkfs options as one text; split when the file system's type is known.
    package let mkfsOptions: String?
    /// What only one kind of backend has.
    package let wishes: [any Tailoring]
    /// nil means the driver's choice.
    package let blockSize: BlockSize?
    /// The class's file system; nil where it names none, or came as the capability's fs_type.
    package let filesystem: FilesystemType?
    /// Whether a copy may have another volume mode than its source.
    package let allowsVolumeModeChange: Bool
    package let claim: ClaimNames
    /// The parameters that the record keeps, and with which a retry is compared.
    package let kept: [String: String]

    package init(
        tier: String?,
        mkfsOptions: String? = nil,
        wishes: [any Tailoring] = [],
        blockSize: BlockSize? = nil,
        filesystem: FilesystemType? = nil,
        allowsVolumeModeChange: Bool = false,
        claim: ClaimNames = ClaimNames(),
        kept: [String: String]
    ) {
        self.tier = tier
        self.mkfsOptions = mkfsOptions
        self.wishes = wishes
        self.blockSize = blockSize
        self.filesystem = filesystem
        self.allowsVolumeModeChange = allowsVolumeModeChange
        self.claim = claim
        self.kept = kept
    }
}

extension VolumeParameters {
    /// The first parameter, in alphabetical order, that differs from the record's; nil where none
    /// differs.
    ///
    /// The tier is compared with the one that the volume lies in: whether it was named, or was the
    /// default one, makes no difference.
    package func difference(from record: VolumeRecord) -> String? {
        let made = record.parameters
        let keys = Set(kept.keys).union(made.keys).subtracting(["tier"])
        var different = keys.filter { !Self.isSame(kept[$0], made[$0]) }
        if let tier, tier != record.tier { different.insert("tier") }
        if let filesystem, filesystem != record.filesystem {
            different.insert(Self.filesystemKey)
        }
        return different.min()
    }

    private static func isSame(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.hasSameBytes(as: right)
    }
}
