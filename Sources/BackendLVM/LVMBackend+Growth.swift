package import Backend
package import DriverCore
import Host
import Logging

extension LVMBackend {
    /// One command grows the volume and the device that it has.
    package func expandVolume(_ id: VolumeID, to size: ByteCount)
        throws(DriverError) -> VolumeRecord
    {
        try keys.holding(id.text) { () throws(DriverError) in
            let metadata = try group.metadata()
            let own = try required(id, in: metadata)
            try refuseShort(own, metadata)
            if metadata.size(of: own.volume) < size {
                switch provisioning {
                case .thin(let options): try growThin(id, to: size, options)
                case .thick(let options): try growThick(id, to: size, options)
                }
            }
            let grown = try group.metadata()
            return try record(id, of: required(id, in: grown), in: grown)
        }
    }

    private func growThin(_ id: VolumeID, to size: ByteCount, _ options: ThinOptions)
        throws(DriverError)
    {
        try group.change("lvextend") { change throws(DriverError) in
            let volume = try required(id, in: change.metadata).volume
            let more = size - change.metadata.size(of: volume)
            let pool = try pool(options, change.metadata)
            try refuseElsewhere(volume, than: pool)
            try ensureActive(pool, change)
            try refuseWithoutRoom(for: more, in: pool, options, change.metadata)
            try extend(id, to: size, [], change)
        }
    }

    /// Grows a volume by extents that a temporary volume has taken and wiped first.
    ///
    /// The new part is readable as soon as the volume has it, and must not show bytes of an earlier
    /// owner.
    private func growThick(_ id: VolumeID, to size: ByteCount, _ options: ThickOptions)
        throws(DriverError)
    {
        try refuseSnapshots(of: id)
        let draft = Draft(name: Temporary.name(for: id), created: WallClock.now())
        try making(draft.name, created: draft.created) { (hasBegun) throws(DriverError) in
            try group.change("lvcreate") { change throws(DriverError) in
                let change = try clearWay(for: draft.name, change)
                let volume = try required(id, in: change.metadata).volume
                let plan = try growthPlan(of: volume, to: size, change.metadata)
                hasBegun = true
                try change.allocate(
                    draft.name,
                    extents: plan.extents,
                    layout: plan.layout,
                    tags: tags(of: draft),
                    on: change.metadata.devices(of: plan.disks)
                )
            }
            try fillWithZeros(draft, options.wipe, from: .zero, Progress())
            try group.change("lvextend") { change throws(DriverError) in
                let places = try places(of: fresh(draft, in: change.metadata), change)
                try change.remove(draft.name, inState: .creating)
                try extend(id, to: size, places, change)
            }
        }
    }

    /// Runs lvextend; after a failure reads whether the killed command has grown the volume
    /// nevertheless.
    private func extend(
        _ id: VolumeID,
        to size: ByteCount,
        _ places: [String],
        _ change: GroupChange
    ) throws(DriverError) {
        do throws(DriverError) {
            let arguments = ["--size", "\(size.bytes)b", change.path(id.text)] + places
            try change.run("lvextend", arguments)
        } catch {
            guard !error.code.isFinal, try isGrown(id, to: size, change) else { throw error }
            logger.notice(
                "an LVM command that was killed has grown the volume",
                metadata: ["volume_id": "\(id)", "reason": "\(error.message)"]
            )
        }
    }

    private func isGrown(_ id: VolumeID, to size: ByteCount, _ change: GroupChange)
        throws(DriverError) -> Bool
    {
        let metadata = try change.metadataNow()
        guard try metadata.size(of: required(id, in: metadata).volume) >= size else { return false }
        return try change.suspensions(beneath: id.text, metadata).isEmpty
    }

    private func refuseSnapshots(of id: VolumeID) throws(DriverError) {
        let snapshots = try group.metadata().snapshots(of: id.text)
        guard let first = snapshots.first else { return }
        throw DriverError(
            .inUse,
            "cannot grow \(group.name)/\(id): it has \(snapshots.count.counted("snapshot")), such as "
                + "\(group.name)/\(first.store), and LVM grows no thick volume with snapshots; delete "
                + "them first"
        )
    }

    /// The extents of a volume's data as arguments of lvextend: `/dev/sda1:10-29`.
    private func places(of volume: LogicalVolume, _ change: GroupChange) throws(DriverError)
        -> [String]
    {
        var places: [String] = []
        for (disk, extents) in change.metadata.dataExtents(of: volume) {
            guard let device = disk.device else {
                throw DriverError(
                    .unavailable,
                    "physical volume \(disk.id) of volume group \(group.name) is missing; bring its disk "
                        + "back"
                )
            }
            places.append("\(device):\(extents.lowerBound)-\(extents.upperBound - 1)")
        }
        return places
    }
}
