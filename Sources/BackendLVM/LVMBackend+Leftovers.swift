package import Backend
import DriverCore
import Logging
import Synchronization

/// Scans for leftovers and repairs, at a start and at SIGHUP.
extension LVMBackend {
    package var repairs: RepairFigures { repairFigures.withLock(\.self) }

    /// Resumes devices that a killed command left suspended.
    func resumeSuspended(_ look: inout RepairFigures) {
        do {
            guard try !group.suspensions(group.metadata()).isEmpty else { return }
            let resumed = try group.change("dmsetup resume", evenIncomplete: true) {
                (change) throws(DriverError) in try change.resumeSuspended()
            }
            guard resumed > 0 else { return }
            look.resumed += resumed
            logger.notice("resumed suspended devices", metadata: ["devices": "\(resumed)"])
        } catch {
            look.count(.frozen)
            logger.error(
                "cannot resume suspended devices: the mounts of their volumes hang",
                metadata: ["reason": "\(error.message)"]
            )
        }
    }

    /// Removes half-made volumes, except those that a call of this process is making.
    func removeLeftovers(_ look: inout RepairFigures) throws(DriverError) {
        for own in allOwn(in: try group.metadata()) where own.isHalfMade {
            let name = own.volume.name
            keys.ifFree(owner(of: name)) { removeLeftover(name, &look) }
        }
    }

    /// The volume for which a temporary volume exists; the name itself for other volumes.
    func owner(of name: String) -> String {
        name.removingBytePrefix(Temporary.prefix).map { VolumeID.prefix + $0 } ?? name
    }

    func removeLeftover(_ name: String, _ look: inout RepairFigures) {
        do {
            let isRemoved = try group.change("lvremove") { change throws(DriverError) in
                guard let own = try own(name, in: change.metadata), own.isHalfMade else {
                    return false
                }
                try refuseOpen(own.volume, change.metadata)
                try change.remove(name, inState: .creating)
                return true
            }
            guard isRemoved else { return }
            look.removed += 1
            logger.info(
                "removed a leftover of an interrupted operation",
                metadata: ["volume": "\(name)"]
            )
        } catch {
            look.count(.leftover)
            logger.warning(
                "cannot remove a leftover of an interrupted operation; the next scan tries again",
                metadata: ["volume": "\(name)", "reason": "\(error.message)"]
            )
        }
    }

    /// Counts and logs problems of the group, and changes nothing.
    func reportUnexplained(_ look: inout RepairFigures) {
        for problem in health().problems {
            guard let kind = problem.kind?.unexplained else { continue }
            look.count(kind)
            logger.warning(
                "found a problem, and changed nothing: \(problem.found)",
                metadata: ["volume": "\(problem.subject)", "advice": "\(problem.advice ?? "")"]
            )
        }
    }

    /// Adds the scan to the figures, and logs its result.
    func conclude(_ look: RepairFigures) {
        repairFigures.withLock { $0.add(look) }
        logger.log(
            level: look.unexplained.isEmpty ? .info : .warning,
            "scanned volumes, records and devices",
            metadata: [
                "removed": "\(look.removed)", "resumed": "\(look.resumed)",
                "unexplained": "\(look.unexplainedText)",
            ]
        )
    }
}

extension Finding.Kind {
    /// The repair counter for this problem; nil for disk and space problems, which are already
    /// explained.
    fileprivate var unexplained: RepairFigures.Kind? {
        switch self {
        case .record: .record
        case .broken, .invalidSnapshot: .data
        case .suspended: .frozen
        case .unknownTier: .stranger
        case .unavailable, .hanging, .missingDisk, .duplicateDisk, .outdatedDisk, .inactive,
            .degraded, .deadFilesystem, .bufferedIO, .full:
            nil
        }
    }
}
