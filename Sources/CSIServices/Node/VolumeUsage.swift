internal import DriverCore

/// How one volume is in use on this node: what the mount table alone cannot tell.
package struct VolumeUsage: Sendable, Hashable, Codable {
    var staging: Staging?
    var publications: [Publication] = []

    var isEmpty: Bool { staging == nil && publications.isEmpty }

    struct Staging: Sendable, Hashable, Codable {
        let path: String
        /// The path as the mount table spells it, links of kubelet's root resolved.
        let mountedAt: String
        let access: UsedAccess
    }

    struct Publication: Sendable, Hashable, Codable {
        let target: String
        let mountedAt: String
        let access: UsedAccess
        let isReadOnly: Bool
    }

    /// The part of a capability that a repeated call is compared with.
    struct UsedAccess: Sendable, Hashable, Codable {
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
    }
}
