import Backend
import DriverCore
import Host
import Logging
import Synchronization

/// Freezing a volume while it is copied.
///
/// A freeze outlives the process that made it, so a file `frozen` in the volume's folder is there
/// before the freeze and goes after the thaw: whoever finds it thaws. A freeze of somebody else, as of a
/// backup tool, is left as it is, and there is no mark during it.
extension LoopBackend {
    /// Runs the body while the source's data does not change, or only in whole steps.
    func keepingStill(
        _ source: borrowing CopySource,
        _ root: borrowing Folder,
        _ body: () throws(DriverError) -> Void
    ) throws(DriverError) {
        guard let volume = source.volume,
            let device = try loopDevices.find(backing: source.facts.identity)
        else { return try body() }
        try keys.holding("the freeze of \(volume)") { () throws(DriverError) in
            guard let own = try Shelf<VolumeRecord>(in: root).own(volume) else {
                throw DriverError(
                    .hostFailure,
                    "\(root.path)/\(volume) is missing: its data is lost"
                )
            }
            // Who looks at the pool meanwhile then knows that the mark is no leftover.
            try own.markBusy()
            if try own.has(PoolNames.frozen) { try thaw(device, own) }
            let mounts = try reachableMounts(of: device)
            guard mounts.isEmpty else {
                // What is written back before the freeze need not be waited for during it.
                try HeldDevice.loop(device, showing: source.facts.identity).flush()
                return try keepingFrozen(mounts, own, body)
            }
            try refuseTornCopy(of: volume, device)
            try HeldDevice.loop(device, showing: source.facts.identity).flush()
            // The kernel holds writes to the file while it shares its blocks.
            let start = ContinuousClock.now
            try body()
            noteCut(since: start)
        }
    }

    /// Throws where a raw device in use would change during a copy.
    private func refuseTornCopy(of volume: VolumeID, _ device: LoopDevice) throws(DriverError) {
        guard abilities.sharesBlocks != true else { return }
        throw DriverError(
            .inUse,
            "volume \(volume) is in use as \(device.path) but not mounted, so its copy would be "
                + "inconsistent: unpublish it first, or use an XFS or btrfs pool"
        )
    }

    private func keepingFrozen(
        _ mounts: [String],
        _ own: borrowing Folder,
        _ body: () throws(DriverError) -> Void
    ) throws(DriverError) {
        var frozen: [String] = []
        let failure: DriverError?
        let start = ContinuousClock.now
        do {
            try markFrozen(own)
            try Failpoint.pass(.freezeMarked)
            var others: [String] = []
            for mount in mounts {
                let isOurs = try Freezer.freezeUnlessFrozen(mountedAt: mount)
                if isOurs { frozen.append(mount) } else { others.append(mount) }
            }
            try leaveFrozen(others, beside: frozen, own)
            try Failpoint.pass(.freezeFrozen)
            try body()
            failure = nil
        } catch {
            failure = error
        }
        try thaw(frozen, after: failure)
        if failure == nil, !frozen.isEmpty { noteCut(since: start) }
        try unmark(own)
        try Failpoint.pass(.freezeUnmarked)
        if let failure { throw failure }
    }

    /// Accepts a freeze by another program, or refuses the copy.
    ///
    /// An instant is enough for shared blocks: even where the others thaw meanwhile, the cut is whole
    /// and no older than their freeze. A copy that takes longer would be torn then.
    private func leaveFrozen(
        _ others: [String],
        beside ours: [String],
        _ own: borrowing Folder
    ) throws(DriverError) {
        guard let mount = others.first else { return }
        guard abilities.sharesBlocks == true, ours.isEmpty else {
            throw DriverError(
                .inUse,
                "another program has frozen \(mount), and without reflink a copy can take longer "
                    + "than that freeze; thaw it (fsfreeze -u \(mount)) and retry: Cairn freezes it "
                    + "itself; or use an XFS or btrfs pool"
            )
        }
        // Whoever finds the mark thaws, and this freeze is not ours.
        try own.removeFile(PoolNames.frozen)
    }

    private func noteCut(since start: ContinuousClock.Instant) {
        let held = ContinuousClock.now - start
        cutDurations.withLock { $0.add(held / .seconds(1)) }
    }

    private func markFrozen(_ own: borrowing Folder) throws(DriverError) {
        try own.newFile(PoolNames.frozen).synchronize()
        try own.synchronize()
    }

    /// Removes the mark; a mark that stays is harmless, but the failure is not final.
    private func unmark(_ own: borrowing Folder) throws(DriverError) {
        do {
            try Failpoint.pass(.freezeThawed)
            try own.removeFile(PoolNames.frozen)
        } catch {
            throw error.leavingHalfDone(
                "everything is thawed, but \(own.path)/\(PoolNames.frozen) is left"
            )
        }
    }

    /// Thaws all; keeps the mark where one of them cannot be thawed.
    private func thaw(_ mounts: [String], after failure: DriverError?) throws(DriverError) {
        var refusal: DriverError?
        for mount in mounts.reversed() {
            do { try Freezer.thaw(mountedAt: mount) } catch { refusal = error }
        }
        guard let refusal else { return }
        throw DriverError(
            .operationPending,
            "\(refusal.message); its file system stays frozen: retry, or run fsfreeze -u",
            cause: failure ?? refusal
        )
    }
}

/// Repairs after a crash.
extension LoopBackend {
    /// Thaws every volume that a crash left frozen, by its mark.
    func thawLeftovers(_ root: borrowing Folder, _ look: inout RepairFigures)
        throws(DriverError)
    {
        let shelf = try Shelf<VolumeRecord>(in: root)
        for record in volumeTable.records()
        where try shelf.folder.has("\(record.id)/\(PoolNames.frozen)") {
            keys.ifFree("the freeze of \(record.id)") {
                if thawLeftover(record.id, shelf) {
                    look.thawed += 1
                } else {
                    look.count(.frozen)
                }
            }
        }
    }

    private func thawLeftover(_ id: VolumeID, _ shelf: borrowing Shelf<VolumeRecord>) -> Bool {
        do {
            guard let own = try shelf.own(id) else { return true }
            if let identity = try shelf.dataFacts(id)?.identity,
                let device = try loopDevices.find(backing: identity)
            {
                try thaw(device, own)
            } else {
                try own.removeFile(PoolNames.frozen)
            }
            logger.info(
                "thawed a volume that an interrupted operation left frozen",
                metadata: ["volume": "\(id)"]
            )
            return true
        } catch {
            logger.error(
                "cannot thaw a volume: its mounts hang; run fsfreeze -u on them",
                metadata: ["volume": "\(id)", "reason": "\(error.message)"]
            )
            return false
        }
    }

    private func thaw(_ device: LoopDevice, _ own: borrowing Folder) throws(DriverError) {
        for mount in try reachableMounts(of: device) { try Freezer.thaw(mountedAt: mount) }
        try own.removeFile(PoolNames.frozen)
    }

    /// One path for each file system on the device; empty where none is mounted in this namespace.
    ///
    /// Throws where one is mounted only beneath other mounts: it can be neither frozen nor thawed,
    /// and its target leads to a file system that is not ours.
    private func reachableMounts(of device: LoopDevice) throws(DriverError) -> [String] {
        let uses = try MountTable.uses(ofDevice: device.path, number: device.number)
        // Whole file systems first: what kubelet binds of one may be a single file.
        let mounts = uses.filter { $0.device == device.number || $0.source == device.path }
            .sorted { $0.root == "/" && $1.root != "/" }
        var paths: [UInt64: String] = [:]
        var failure: DriverError?
        for mount in mounts where paths[mount.device] == nil {
            do throws(DriverError) {
                let reached = try MountedPath.mountID(at: mount.target)
                if reached == mount.mountID { paths[mount.device] = mount.target }
            } catch { failure = error }
        }
        for mount in mounts where paths[mount.device] == nil {
            // What cannot be looked at is not known to be covered.
            if let failure { throw failure }
            throw DriverError(
                .inUse,
                "cannot freeze \(device.path) on \(mount.target): another mount hides it; unmount "
                    + "that mount"
            )
        }
        return paths.values.sorted()
    }
}
