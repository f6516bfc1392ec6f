import DriverCore

/// The extents and lvcreate arguments of a layout.
extension Layout {
    /// The extents of each leg that the RAID level needs in addition to the data.
    private var metadataExtents: Int {
        switch raid {
        case nil, .raid0: 0
        case .raid1, .raid5, .raid6, .raid10: 1
        }
    }

    /// The arguments of lvcreate.
    var arguments: [String] {
        var arguments: [String] = []
        if let raid { arguments += ["--type", raid.rawValue] }
        switch raid {
        case .raid1: arguments += ["--mirrors", "1"]
        case .raid10: arguments += ["--mirrors", "1", "--stripes", String(stripes)]
        case .raid0, .raid5, .raid6: arguments += ["--stripes", String(stripes)]
        case nil: if stripes > 1 { arguments += ["--stripes", String(stripes)] }
        }
        if let stripeSize, stripes > 1 { arguments += ["--stripesize", "\(stripeSize.bytes)b"] }
        return arguments
    }

    /// The extents that a volume of `data` extents takes of the group.
    func extents(for data: Int) -> Int {
        (data + stripes - 1) / stripes * width + metadataExtents * width
    }

    /// The data extents that fit into the free extents of the physical volumes, in one or several
    /// volumes.
    func room(in free: [Int]) -> Int {
        guard width > 1 else { return free.reduce(0, +) }
        // Legs of a height fit where that much of each physical volume sums up to all of them.
        var (fits, fitsNot) = (0, free.reduce(0, +) / width + 1)
        while fitsNot - fits > 1 {
            let height = (fits + fitsNot) / 2
            let usable = free.reduce(0) { $0 + min($1, height) }
            if usable >= width * height { fits = height } else { fitsNot = height }
        }
        return max(0, fits - metadataExtents) * stripes
    }

    /// An upper bound for the data extents of one volume.
    ///
    /// LVM makes one of several stretches where the disks have no room side by side; of a RAID it
    /// might lay two legs on one disk then.
    func mostExtents(in free: [Int]) -> Int { isRedundant ? largest(in: free) : room(in: free) }

    /// The data extents of the largest volume that certainly fits.
    func largest(in free: [Int]) -> Int {
        guard width > 1 else { return free.reduce(0, +) }
        let sorted = free.sorted(by: >)
        guard sorted.count >= width else { return 0 }
        return max(0, sorted[width - 1] - metadataExtents) * stripes
    }
}
