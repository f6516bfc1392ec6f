internal import DiskFormat
internal import DriverCore

/// How one volume is in use on this node: what the mount table alone cannot tell.
package struct VolumeUsage: Sendable, Hashable {
    var staging: Staging?
    var publications: [Publication] = []
    /// Whether it is an inline volume that kubelet has unpublished and that is still to be removed,
    /// since its tier did not answer.
    var isRemovalPending = false
    /// What a newer version has noted, and only that one understands.
    var unknown = UnknownKeys()

    var isEmpty: Bool { staging == nil && publications.isEmpty && !isRemovalPending }

    struct Staging: Sendable, Hashable {
        let path: String
        /// The path as the mount table spells it, links of kubelet's root resolved.
        let mountedAt: String
        let access: UsedAccess
        var unknown = Unknown()
    }

    struct Publication: Sendable, Hashable {
        let target: String
        let mountedAt: String
        let access: UsedAccess
        let isReadOnly: Bool
        var unknown = Unknown()
    }

    /// What a newer version has noted of one use.
    struct Unknown: Sendable, Hashable {
        var own = UnknownKeys()
        var access = UnknownKeys()
    }

    /// The part of a capability that a repeated call is compared with.
    struct UsedAccess: Sendable, Hashable {
        let mode: VolumeAccess.Mode
        let isBlock: Bool
        let filesystem: FilesystemType?
        let mountFlags: [String]

        init(_ access: VolumeAccess) {
            mode = access.mode
            isBlock = access.isBlock
            filesystem = access.filesystem
            mountFlags = access.mountFlags
        }

        init(
            mode: VolumeAccess.Mode,
            isBlock: Bool,
            filesystem: FilesystemType?,
            mountFlags: [String]
        ) {
            self.mode = mode
            self.isBlock = isBlock
            self.filesystem = filesystem
            self.mountFlags = mountFlags
        }
    }
}
