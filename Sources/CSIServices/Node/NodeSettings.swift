package import Backend
package import DriverCore
package import Host

/// The settings of a node.
package struct NodeSettings: Sendable {
    /// kubelet's directory.
    ///
    /// It may be reached through symbolic links; nothing beneath it may.
    package let kubeletRoot: String
    /// The directory of the notes of use.
    package let usageFolder: String
    /// The tier of a class that names none; nil where there is no such tier.
    package let defaultTier: String?
    /// How many volumes of all kinds the node may have; zero means no limit.
    package let maximumVolumes: Int64
    /// The limits of each tier, by its name.
    package let policies: [String: TierPolicy]
    /// What each kind of backend lets a StorageClass ask for, also the kinds that no tier here has:
    /// a class is for the whole cluster.
    package let kinds: [ClassParameters]
    /// What the driver may start, for the figures of programs.
    package let programs: [HostProgram]
    /// How long a delete waits for the unstage of its volume.
    package let unstagePatience: Duration

    /// Below the ten seconds after which external-provisioner gives up by default.
    package static let defaultUnstagePatience = Duration.seconds(8)

    package init(
        kubeletRoot: String,
        usageFolder: String,
        defaultTier: String?,
        maximumVolumes: Int64 = 0,
        policies: [String: TierPolicy] = [:],
        kinds: [ClassParameters] = [],
        programs: [HostProgram] = HostProgram.ofFilesystems,
        unstagePatience: Duration = defaultUnstagePatience
    ) {
        self.kubeletRoot = kubeletRoot
        self.usageFolder = usageFolder
        self.defaultTier = defaultTier
        self.maximumVolumes = maximumVolumes
        self.policies = policies
        self.kinds = kinds
        self.programs = programs
        self.unstagePatience = unstagePatience
    }
}
