package import DriverCore
import Host

/// Where a tier kept its objects, by a file of the state folder, or the folder, that cannot be read.
package struct UnknownStorage: FormerStorage {
    /// `pool` or `volume group`.
    private let kind: String
    package let tier: String
    private let folder: String
    private let name: String
    private let reason: String

    package init(_ kind: String, ofTier tier: String, folder: String, name: String, reason: String)
    {
        self.kind = kind
        self.tier = tier
        self.folder = folder
        self.name = name
        self.reason = reason
    }

    package var place: String { "an unknown \(kind) (\(folder)/\(name) cannot be read)" }

    /// A person may remove the file.
    package func objects() throws(DriverError) -> FormerObjects? {
        guard let folder = try Folder.existing(at: folder), try folder.has(name) else {
            return nil
        }
        throw DriverError(
            .unavailable,
            "cannot tell which \(kind) tier '\(tier)' had before: \(reason); fix this, then restart the "
                + "driver"
        )
    }

    package func forget() {}
    package func device(of id: VolumeID) -> AttachedDevice? { nil }
    package func detach(_ id: VolumeID) {}
}
