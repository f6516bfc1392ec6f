internal import DiskFormat
package import DriverCore

/// How one volume is in use on this node: what the mount table alone cannot tell.
package struct UsageNote: Sendable, Hashable {
    package var staging: Staging?
    package var publications: [Publication] = []
    /// Whether it is an inline volume that kubelet has unpublished and that is still to be removed,
    /// since its tier did not answer.
    package var isRemovalPending = false
    /// What a newer version has noted, and only that one understands.
    var unknown = UnknownKeys()

    package var isEmpty: Bool { staging == nil && publications.isEmpty && !isRemovalPending }

    package struct Staging: Sendable, Hashable {
        package let path: String
        /// The path as the mount table spells it, links of kubelet's root resolved.
        package let mountedAt: String
        package let access: UsedAccess
        var unknown = Unknown()

        package init(path: String, mountedAt: String, access: UsedAccess) {
            self.init(path: path, mountedAt: mountedAt, access: access, unknown: Unknown())
        }

        init(path: String, mountedAt: String, access: UsedAccess, unknown: Unknown) {
            self.path = path
            self.mountedAt = mountedAt
            self.access = access
            self.unknown = unknown
        }
    }

    package struct Publication: Sendable, Hashable {
        package let target: String
        package let mountedAt: String
        package let access: UsedAccess
        package let isReadOnly: Bool
        var unknown = Unknown()

        package init(target: String, mountedAt: String, access: UsedAccess, isReadOnly: Bool) {
            self.init(
                target: target,
                mountedAt: mountedAt,
                access: access,
                isReadOnly: isReadOnly,
                unknown: Unknown()
            )
        }

        init(
            target: String,
            mountedAt: String,
            access: UsedAccess,
            isReadOnly: Bool,
            unknown: Unknown
        ) {
            self.target = target
            self.mountedAt = mountedAt
            self.access = access
            self.isReadOnly = isReadOnly
            self.unknown = unknown
        }
    }

    /// What a newer version has noted of one use.
    struct Unknown: Sendable, Hashable {
        var own = UnknownKeys()
        var access = UnknownKeys()
    }

    /// The part of a capability that a repeated call is compared with.
    package struct UsedAccess: Sendable, Hashable {
        package let mode: VolumeAccess.Mode
        package let isBlock: Bool
        package let filesystem: FilesystemType?
        package let mountFlags: [String]

        package init(_ access: VolumeAccess) {
            mode = access.mode
            isBlock = access.isBlock
            filesystem = access.filesystem
            mountFlags = access.mountFlags
        }

        package init(
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
