package import Configuration
package import DriverCore
package import Host
package import Logging

/// One kind of storage: everything that the rest of Cairn knows of it.
///
/// A kind is one target, with one row in the binary's list of kinds. A value of it is what a node has
/// of that kind: what its tiers share, such as a volume group, is in it once. Nothing is touched before
/// a backend is started or an inspection asked.
package protocol BackendKind: Sendable {
    /// Its part of the tiers file.
    static var storage: any TierStorage.Type { get }
    /// What a StorageClass may ask of its tiers alone.
    static var parameters: [ClassParameters] { get }
    /// The programs that it runs.
    static var programs: [HostProgram] { get }
    /// The steps of its target.
    static var failpoints: [Failpoint] { get }
    /// The volume behind a block device by the kernel's name (`loop3`, `dm-3`), of whatever tier; nil
    /// for the devices of others.
    ///
    /// For reports, never for decisions.
    static func volume(ofDevice name: String) throws(DriverError) -> VolumeID?
    /// The devices that the kernel says are volumes' of this kind, where no tiers file tells the tiers.
    static func devicesOfUnknownTiers() -> [VolumeID: [AttachedDevice]]

    /// Takes those of the tiers that are of this kind.
    init(_ tiers: [TierConfiguration], on host: StorageHost)

    /// The backends of its tiers, by the tiers' names.
    func backends() throws(DriverError) -> [String: any VolumeBackend]
    /// A look at each of its tiers, by the tiers' names.
    func inspections() -> [String: any TierInspection]
    /// Where tiers had their objects that the tiers file does not say any more, as far as the files of
    /// these names in the state folder tell.
    ///
    /// A kind remembers there where each of its tiers keeps its objects, before there is one. Without
    /// that the deletion of a volume whose tier was taken out of the tiers file would succeed.
    func former(among stateFiles: [String]) -> [FormerTier]
}

extension BackendKind {
    package static var parameters: [ClassParameters] { [] }
    package static var programs: [HostProgram] { [] }
    package static func devicesOfUnknownTiers() -> [VolumeID: [AttachedDevice]] { [:] }
}

/// What the host gives to every kind of storage.
package struct StorageHost: Sendable {
    /// The folder that keeps what must outlive a container and a lost disk.
    package let stateFolder: String
    package let logger: Logger

    package init(stateFolder: String, logger: Logger) {
        self.stateFolder = stateFolder
        self.logger = logger
    }

    /// The names of the files in the state folder, in alphabetical order; none before it is made.
    package func stateFiles() throws(DriverError) -> [String] {
        try Folder.existing(at: stateFolder)?.names().sorted() ?? []
    }
}
