import Backend
import DriverCore

/// RAID volumes grow while nobody has them open.
///
/// Which disk a leg grows onto is LVM's choice, so its extents cannot be zeroed beforehand as those
/// of other volumes are. The volume grows first, with a tag that says from where on it is not yet
/// zeroed; whoever finds the tag zeroes that part before anybody gets the device.
extension LVMBackend {
    func growRaid(_ id: VolumeID, to size: ByteCount, _ options: ThickOptions)
        throws(DriverError)
    {
        try group.change("lvextend") { change throws(DriverError) in
            let own = try required(id, in: change.metadata)
            try refuseOpen(own.volume, change.metadata)
            let old = change.metadata.size(of: own.volume)
            if own.tags.values(of: Fact.unzeroed).isEmpty {
                let tag = Tags.tag(Fact.unzeroed, String(old.bytes))
                try change.run("lvchange", ["--addtag", tag, change.path(id.text)])
            }
            try change.run("lvextend", ["--size", "\(size.bytes)b", change.path(id.text)])
        }
        try finishRaidGrowth(of: id, options)
    }

    /// Zeroes what a growth has added and not zeroed; nothing where there is nothing of that kind.
    func finishRaidGrowth(of id: VolumeID, _ options: ThickOptions) throws(DriverError) {
        let metadata = try group.metadata()
        let own = try required(id, in: metadata)
        let start = try own.tags.optional(Fact.unzeroed) { Int64($0) }
        guard let start else { return }
        do {
            try zero(own.volume, options.wipe, from: ByteCount(start), metadata, Progress())
            try group.change("lvchange") { change throws(DriverError) in
                let tag = Tags.tag(Fact.unzeroed, String(start))
                try change.run("lvchange", ["--deltag", tag, change.path(id.text)])
            }
        } catch {
            throw DriverError(
                .operationPending,
                "volume \(id) has grown, but its new part is not zeroed yet: \(error.message); retry",
                cause: error
            )
        }
    }
}
