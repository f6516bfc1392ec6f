import DeviceMapper
import DriverCore

extension VolumeGroupMetadata {
    /// The thin volumes of a pool.
    func thinVolumes(ofPool pool: String) -> [LogicalVolume] {
        logicalVolumes.values.filter { $0.thin?.pool == pool }
    }

    /// The copy-on-write snapshots of a volume.
    func snapshots(of origin: String) -> [CopyOnWriteSnapshot] {
        snapshots.values.filter { $0.origin == origin }
    }

    /// Whether the volume is a part of another, and not one that users see.
    ///
    /// LVM's own `VISIBLE` is of no use for it: the store of a snapshot lacks it, and the hidden tie
    /// to its origin has it.
    func isHidden(_ volume: LogicalVolume) -> Bool {
        guard volume.snapshotTie == nil else { return true }
        return !volume.status.contains("VISIBLE") && snapshots[volume.name] == nil
    }

    /// The disks, by their names in the text, that have data of the volume at any depth: through
    /// its pool, its legs, or the origin of a copy-on-write snapshot.
    func disks(beneath name: String) -> [PhysicalVolume] {
        var seen: Set<String> = []
        var open = [name]
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            if let snapshot = snapshots[next] { open.append(snapshot.origin) }
            guard let volume = logicalVolumes[next] else { continue }
            for segment in volume.segments { open += segment.references }
        }
        return physicalVolumes.filter { seen.contains($0.name) }
    }

    /// The UUID by which the kernel's device mapper knows a volume, or a layer of it.
    func deviceUUID(of volume: LogicalVolume, layer: MappedVolume.Layer? = nil) -> String {
        MappedVolume.uuid(of: volume.id, group: id, layer: layer)
    }
}
