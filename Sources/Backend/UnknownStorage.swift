package import DriverCore
import Host

/// Storage of a tier that is unknown, because its file of the state directory cannot be read.
package struct UnknownStorage: FormerStorage {
    /// `pool` or `volume group`.
    private let kind: String
    package let tier: String
    private let folder: String
    private let name: String
    private let reason: String
    /// The name for the directory itself.
    package static let folderItself = "."

    package init(_ kind: String, ofTier tier: String, folder: String, name: String, reason: String)
    {
        self.kind = kind
        self.tier = tier
        self.folder = folder
        self.name = name
        self.reason = reason
    }

    package var place: String { "an unknown \(kind) (\(path) cannot be read)" }

    private var path: String { name == Self.folderItself ? folder : "\(folder)/\(name)" }

    /// Throws until an administrator repairs or removes the file.
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
