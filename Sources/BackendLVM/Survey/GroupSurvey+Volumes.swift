import Backend
import DeviceMapper
import DriverCore
import Host

/// The volumes of the tier, one by one.
extension GroupSurvey {
    mutating func examine(_ own: OwnVolume, _ metadata: VolumeGroupMetadata) {
        let path = "\(group)/\(own.volume.name)"
        do throws(DriverError) {
            guard own.isReady || own.isHalfMade else { throw own.tags.damage(Fact.state) }
            guard own.isReady else {
                return note(
                    path,
                    "unfinished: it is being made now, or an interrupted operation left it",
                    "the retry, or the next start of the driver, finishes or removes it"
                )
            }
            try readRecord(own, metadata)
            examineSize(own, metadata)
            guard let device = try backend.device(of: own.volume, metadata), !device.isSuspended
            else { return }
            for target in try backend.group.status(
                ofDevice: metadata.deviceUUID(of: own.volume)
            ) {
                try examine(target, of: path)
            }
        } catch {
            problem(
                .record,
                path,
                error.message,
                "fix this before you mount anything"
            )
        }
    }

    private func readRecord(_ own: OwnVolume, _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        if let id = VolumeID(parsing: own.volume.name) {
            _ = try backend.record(id, of: own, in: metadata)
        } else if let id = SnapshotID(parsing: own.volume.name) {
            _ = try backend.record(id, of: own, in: metadata)
        } else if !own.volume.name.hasBytePrefix(Temporary.prefix) {
            throw DriverError(
                .hostFailure,
                "'\(try own.tags.required(Fact.name))' is in it, but it was renamed: see the driver's "
                    + "errors for its right name, and rename it back (lvrename)"
            )
        }
    }

    private mutating func examineSize(_ own: OwnVolume, _ metadata: VolumeGroupMetadata) {
        do {
            try backend.refuseShort(own, metadata)
        } catch {
            problem(
                .broken,
                "\(group)/\(own.volume.name)",
                error.message,
                "do not write to it before this is fixed"
            )
        }
    }

    private static let highSnapshotPercent = UInt64(80)

    private mutating func examine(_ target: MappedTarget, of path: String) throws(DriverError) {
        switch target.type {
        case "snapshot":
            examine(try SnapshotStatus(parsing: target.status), of: path)
        case "raid":
            let raid = try RaidStatus(parsing: target.status)
            guard raid.isDegraded else { return }
            problem(
                .degraded,
                path,
                "\(raid.type) has lost a leg: another failure may lose the data",
                "bring its disk back and run lvchange --refresh \(path); if the disk is lost, add another "
                    + "one (vgextend) and run lvconvert --repair \(path)"
            )
        case "error":
            problem(
                .broken,
                path,
                "a part of it is on a missing disk",
                "bring the disk back"
            )
        default: return
        }
    }

    private mutating func examine(_ snapshot: SnapshotStatus, of path: String) {
        let advice = "delete it, or enlarge its store with lvextend \(path)"
        switch snapshot {
        case .invalid, .overflow, .mergeFailed:
            problem(
                .invalidSnapshot,
                path,
                "the snapshot is invalid: its contents are lost",
                "delete it"
            )
        case .valid(let used, let total, _)
        where used * 100 >= total * Self.highSnapshotPercent && used < total:
            problem(
                .full,
                path,
                "the snapshot's store is \(used * 100 / max(total, 1))% full",
                advice
            )
        case .valid, .unknown: return
        }
    }
}
