internal import Backend
package import DriverCore
internal import Host

/// How a volume is in use on this node.
///
/// By the mount table of the driver's own namespace, and by the notes for what mounts do not show.
package struct VolumeInUse: Sendable, Hashable {
    package let place: String
    /// Whether it is only staged, so that kubelet's unstage ends the use.
    package let isStagingOnly: Bool

    /// nil where the volume is not in use.
    ///
    /// A staged block device shows in no mount: its note counts while the volume has a device.
    package init?(_ usage: UsageNote, device: VolumeDevice?) throws(DriverError) {
        let mounts = try VolumeMounts(of: device)
        let published = usage.publications.map(\.mountedAt).first(where: mounts.isMountPoint)
        let others = mounts.places.filter { place in
            !(usage.staging?.mountedAt.hasSameBytes(as: place) ?? false)
        }
        let isStaged =
            usage.staging.map {
                $0.access.isBlock ? device != nil : mounts.isMountPoint($0.mountedAt)
            } ?? false
        if let published {
            self.init(place: published, isStagingOnly: false)
        } else if let other = others.last {
            // A lone file system that nothing is noted of is staged: every other place hangs on that.
            let isAlone = usage.staging == nil && others.count == 1
            self.init(
                place: other,
                isStagingOnly: isAlone && !mounts.showsNode(exceptAt: nil)
            )
        } else if isStaged, let staging = usage.staging {
            self.init(place: staging.mountedAt, isStagingOnly: true)
        } else {
            return nil
        }
    }

    private init(place: String, isStagingOnly: Bool) {
        self.place = place
        self.isStagingOnly = isStagingOnly
    }

    package func refusal(of id: VolumeID) -> DriverError {
        DriverError(
            .inUse,
            "volume \(id) is in use at \(place); unpublish and unstage it first, on the command line with "
                + "'cairn unmount'"
        )
    }
}
