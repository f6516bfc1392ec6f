package import Backend
package import DriverCore
import Host
import Logging
import Synchronization

/// The scan of records, data, devices and mounts.
extension LoopBackend {
    package var repairs: RepairFigures { repairFigures.withLock(\.self) }

    package func attachedVolumes() throws(DriverError) -> [VolumeID] {
        try PoolDevices(in: enter(), loopDevices).volumes
    }

    /// Logs loop devices that belong to no volume, and keeps them: their data may be needed, and
    /// exists only while they do.
    func reportStrays(in root: borrowing Folder, _ look: inout RepairFigures) {
        do {
            let devices = try PoolDevices(in: root, loopDevices)
            noteBuffering(devices.buffered)
            for stray in devices.strays {
                look.count(.device)
                logger.warning(
                    "a loop device is attached to a file of no volume: \(stray.advice)",
                    metadata: [
                        "device": "\(stray.device.path)", "file": "\(stray.file)",
                        "mounted_on": "\(stray.targets.joined(separator: ", "))",
                    ]
                )
            }
        } catch {
            logger.warning(
                "cannot scan for stray loop devices",
                metadata: ["reason": "\(error.message)"]
            )
        }
    }

    /// Logs lost data; nil facts where the file is missing.
    func reportDamage<Record: StoredRecord>(
        of entry: Entry<Record>,
        _ facts: FileFacts?,
        _ id: Record.ID,
        on shelf: borrowing Shelf<Record>,
        _ look: inout RepairFigures
    ) throws(DriverError) {
        guard case .usable(let stored) = entry, let damage = stored.record.damage(of: facts),
            // A delete beside the look takes the data first.
            !keys.isHeld(id.text), try shelf.has(id)
        else { return }
        look.count(.data)
        logger.error(
            "the data of a \(Record.noun) \(damage); restore it from a backup",
            metadata: ["\(Record.noun)": "\(id)", "path": "\(shelf.folder.path)/\(id)"]
        )
    }

    /// Adds the scan to the figures, and logs its result.
    func conclude(_ look: RepairFigures) {
        repairFigures.withLock { $0.add(look) }
        logger.log(
            level: look.unexplained.isEmpty ? .info : .warning,
            "scanned records, data, devices and mounts",
            metadata: [
                "removed": "\(look.removed)", "thawed": "\(look.thawed)",
                "unexplained": "\(look.unexplainedText)",
            ]
        )
    }
}

extension StoredRecord {
    /// What is wrong with the data of a record; nil where nothing is.
    func damage(of facts: FileFacts?) -> String? {
        guard let facts else { return "is lost" }
        return facts.size < size ? "is damaged: it has \(facts.size) of \(size)" : nil
    }
}
