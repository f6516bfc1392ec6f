package import Backend
import DriverCore
import Logging
import Synchronization

/// After a crash, and whenever somebody asks.
extension LVMBackend {
    package var repairs: RepairFigures { repairFigures.withLock(\.self) }

    /// Lets go on what a command was killed over.
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

    /// Removes what was never made to its end, unless a call of this process is making it.
    func removeLeftovers(_ look: inout RepairFigures) throws(DriverError) {
        for own in allOwn(in: try group.metadata()) where own.isHalfMade {
            let name = own.volume.name
            keys.ifFree(owner(of: name)) { removeLeftover(name, &look) }
        }
    }

    /// What a temporary volume is made for; the name itself for all others.
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

    /// Counts and tells what of the group is not as it should be, and leaves it as it is.
    func reportUnexplained(_ look: inout RepairFigures) {
        for problem in health().problems {
            guard let kind = problem.kind.unexplained else { continue }
            look.count(kind)
            logger.warning(
                "found a problem, and changed nothing: \(problem.found)",
                metadata: ["volume": "\(problem.subject)", "advice": "\(problem.advice)"]
            )
        }
    }

    /// Adds a look to the figures, and tells what came of it.
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

extension TierHealth.Problem.Kind {
    /// As what a look counts it; nil for what is known of disks and room, and no riddle.
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
