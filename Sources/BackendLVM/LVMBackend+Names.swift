import DriverCore

/// Names of devices, whose length the kernel limits.
extension LVMBackend {
    /// The layout of the tier's own volumes; nil for a thin pool.
    var ownLayout: Layout? {
        switch provisioning {
        case .thick(let options): options.layout
        case .thin: nil
        }
    }

    /// Throws where the group's name is too long for the device names of its volumes.
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

/// The device names that LVM gives to a volume.
enum DeviceNames {
    /// DM_NAME_LEN of the kernel, without its closing zero.
    static let limit = 127
    /// `v1-`, the node, a dash, the name.
    private static let volume =
        "v1-" + String(repeating: "0", count: 16) + "-"
        + String(repeating: "0", count: 32)
    /// The longest suffix that LVM appends for a leg; the second while it splits a RAID, which
    /// doubles no dash.
    private static let leg = "_rimage_63"
    private static let missingLeg = "_rimage_63-missing_0_0"

    /// The length of the longest device name that a volume of the layout may need; nil for a thin
    /// volume.
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
