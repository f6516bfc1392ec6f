internal import DiskFormat
package import DriverCore

/// How one volume is in use on this node, as far as the mount table does not show it.
package struct UsageNote: Sendable, Hashable {
    package var staging: Staging?
    package var publications: [Publication] = []
    /// Whether kubelet has unpublished this inline volume, but it is not removed yet because its
    /// tier did not answer.
    package var isRemovalPending = false
    /// Keys of a newer version, which are kept.
    var unknown = UnknownKeys()

    package var isEmpty: Bool { staging == nil && publications.isEmpty && !isRemovalPending }

    package struct Staging: Sendable, Hashable {
        package let path: String
        /// The path as in the mount table, with links of kubelet's root resolved.
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

    /// Keys of a newer version about one use.
    struct Unknown: Sendable, Hashable {
        var own = UnknownKeys()
        var access = UnknownKeys()
    }

    /// The part of a capability with which a repeated call is compared.
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
