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

    package var place: String { "a \(kind) of which \(folder)/\(name) does not tell" }

    /// A person may remove the file.
    package func objects() throws(DriverError) -> FormerObjects? {
        guard let folder = try Folder.existing(at: folder), try folder.has(name) else {
            return nil
        }
        throw DriverError(
            .unavailable,
            "it is not known which \(kind) tier '\(tier)' had before: \(reason); restart the driver "
                + "when that is corrected"
        )
    }

    package func forget() {}
    package func device(of id: VolumeID) -> AttachedDevice? { nil }
    package func detach(_ id: VolumeID) {}
}
