import DriverCore

/// The names of devices, which the kernel keeps short.
extension LVMBackend {
    /// What the tier makes of itself; nil for a thin pool.
    var ownLayout: Layout? {
        switch provisioning {
        case .thick(let options): options.layout
        case .thin: nil
        }
    }

    /// Throws where the group's name leaves no room for the names of volumes.
    func refuseLongNames(of layout: Layout?, _ code: DriverError.Code = .unavailable)
        throws(DriverError)
    {
        let length = DeviceNames.longest(in: group.name, layout)
        guard length > DeviceNames.limit else { return }
        throw DriverError(
            code,
            "the name of volume group \(group.name) is \(length - DeviceNames.limit) characters too "
                + "long for the devices of its volumes (a dash counts twice); rename it (vgrename), "
                + "and correct 'volumeGroup' in the tiers file"
        )
    }
}

/// How LVM names the devices of a volume.
enum DeviceNames {
    /// DM_NAME_LEN of the kernel, without its closing zero.
    static let limit = 127
    /// `v1-`, the node, a dash, the name.
    private static let volume =
        "v1-" + String(repeating: "0", count: 16) + "-"
        + String(repeating: "0", count: 32)
    /// What LVM appends at most for a leg; the second while it takes a RAID apart, which doubles no
    /// dash.
    private static let leg = "_rimage_63"
    private static let missingLeg = "_rimage_63-missing_0_0"

    /// The length of the longest name of a device that a volume of the layout may need; nil for a thin
    /// one.
    static func longest(in group: String, _ layout: Layout?) -> Int {
        let plain = doubled(group) + 1 + doubled(volume)
        guard let layout else { return plain }
        // A thick volume and its copy-on-write snapshots have layers.
        let thick = plain + "-real".utf8.count
        guard layout.raid != nil else { return thick }
        return max(
            thick,
            plain + leg.utf8.count,
            group.utf8.count + 1 + volume.utf8.count + missingLeg.utf8.count
        )
    }

    private static func doubled(_ name: String) -> Int {
        name.utf8.count + name.utf8.count { $0 == UInt8(ascii: "-") }
    }
}
