package import Backend
package import DriverCore
package import Host
import Logging
import Synchronization

/// Loop devices and growth.
extension LoopBackend {
    package func hold(_ id: VolumeID) throws(DriverError) -> HeldDevice {
        let root = try enter()
        let stored = try required(id, in: volumeTable, root)
        let facts = try intactData(of: stored, for: .writing, root).facts()
        try followFile(of: stored, facts, root)
        let backing = facts.identity
        let path = "\(root.path)/\(VolumeRecord.dataPath(of: id))"
        let device = try loopDevices.attach(
            file: path,
            directIO: true,
            readOnly: false,
            blockSize: stored.record.loopBlockSize
        )
        let held = try HeldDevice.loop(device, showing: backing)
        try noteBuffering(of: stored.record, backing)
        if isThick { keepAllocated(device) }
        lastDevices.withLock { $0[id] = device }
        return held
    }

    /// Makes the record follow the file's size before anything sees the device.
    private func followFile(
        of stored: Stored<VolumeRecord>,
        _ facts: FileFacts,
        _ root: borrowing Folder
    ) throws(DriverError) {
        let followed = try following(facts, stored, on: Shelf(in: root))
        guard followed != stored else { return }
        space.setCharge(of: stored.record.id.text, to: charge(of: .usable(followed), facts))
        volumeTable.put(followed)
    }

    package func attachment(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        let root = try enter()
        guard let identity = try Shelf<VolumeRecord>(in: root).dataFacts(id)?.identity,
            let device = try loopDevices.find(backing: identity)
        else { return nil }
        return AttachedDevice(path: device.path, number: device.number)
    }

    /// By the file name that the kernel reports; the pool's disk may be missing.
    package func device(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        try shownFile(of: id).map { AttachedDevice(path: $0.device.path, number: $0.device.number) }
    }

    package func detach(_ id: VolumeID) throws(DriverError) {
        // Where the record is gone too, the device of a removed file is all that is left of the volume:
        // it is for a person to detach.
        guard let file = try shownFile(of: id), !file.isDeleted || remembers(id) else {
            return forgetBuffering(of: id)
        }
        do throws(DriverError) {
            try loopDevices.detach(file.device, showing: file)
        } catch {
            throw error.adding(context: "volume \(id)")
        }
        lastDevices.withLock { $0[id] = nil }
        forgetBuffering(of: id)
    }

    /// The loop device of the volume's data, by the file name that the kernel reports; nil where
    /// there is none.
    private func shownFile(of id: VolumeID) throws(DriverError) -> LoopFile? {
        let known = try pool.knownPaths()
        if let file = try lastDevices.withLock({ $0[id] })?.file(),
            try place(of: file, as: id, in: known) != nil
        {
            return file
        }
        var cut: LoopFile?
        for file in try LoopDevices.files() {
            switch try place(of: file, as: id, in: known) {
            case .whole?: return file
            case .cut?: cut = cut ?? file
            case nil: break
            }
        }
        return cut
    }

    /// How the kernel reports the path of a file in the pool.
    private enum ShownPlace {
        case whole
        /// Relative to the root of a mount that no longer exists: that of an earlier container, or
        /// of a disk that was unmounted lazily.
        case cut
    }

    /// nil where a file is not the volume's data in this pool, by its name.
    ///
    /// What is cut may be another pool's, of a second driver of this host.
    private func place(of file: LoopFile, as id: VolumeID, in known: [String])
        throws(DriverError) -> ShownPlace?
    {
        guard let shown = file.path.removingByteSuffix("/\(VolumeRecord.dataPath(of: id))"),
            known.contains(where: { $0.hasByteSuffix(String(shown)) }),
            // Who shows a part of the file only does so by hand.
            try file.device.isWhole()
        else { return nil }
        return known.contains { $0.hasSameBytes(as: shown) } ? .whole : .cut
    }

    /// Detaches the loop device, if there is one; throws `inUse` where it is open.
    func detachData(of id: VolumeID, _ root: borrowing Folder) throws(DriverError) {
        let shelf = try Shelf<VolumeRecord>(in: root)
        var attached: (LoopDevice, FileIdentity)?
        if let identity = try shelf.dataFacts(id)?.identity {
            attached = try loopDevices.find(backing: identity).map { ($0, identity) }
        } else {
            attached = try loopDevices.find(
                removed: VolumeRecord.dataPath(of: id),
                beneath: try pool.knownPaths(),
                on: shelf.folder.facts().identity.device
            )
        }
        guard let (device, backing) = attached else { return }
        do {
            try loopDevices.detach(device, backing: backing)
            forgetBuffering(of: id)
        } catch {
            throw error.adding(context: "volume \(id)")
        }
    }

    /// Makes the device refuse discards, which would free allocated blocks of a thick volume.
    private func keepAllocated(_ device: LoopDevice) {
        do {
            try BlockQueue.refuseDiscards(of: device)
            guard HostFeatures.refusesDiscardsByLimit == false else { return }
            logger.warning(
                "a kernel older than 5.19 cannot refuse discards: fstrim makes a thick volume thin",
                metadata: ["device": "\(device.path)"]
            )
        } catch {
            logger.warning(
                "cannot refuse discards: fstrim would make a thick volume thin",
                metadata: ["device": "\(device.path)", "reason": "\(error.message)"]
            )
        }
    }
}

extension LoopBackend {
    /// Grows the file, then the record, then the device.
    ///
    /// After a crash in between the file is larger than the record, never smaller, and a repeated
    /// call finishes.
    package func expandVolume(_ id: VolumeID, to size: ByteCount)
        throws(DriverError) -> VolumeRecord
    {
        let root = try enter()
        return try keys.holding(id.text) { () throws(DriverError) -> VolumeRecord in
            var stored = try required(id, in: volumeTable, root)
            if size > stored.record.size {
                try refuseTooLarge(size)
                let reservation = try growFile(of: stored, to: size, root)
                stored.record.size = size
                try storeGrown(stored, root)
                reservation.end()
            }
            try finishGrowth(of: stored, root)
            return stored.record
        }
    }

    private func growFile(
        of stored: Stored<VolumeRecord>,
        to size: ByteCount,
        _ root: borrowing Folder
    ) throws(DriverError) -> Reservation {
        let data = try intactData(of: stored, for: .writing, root)
        let old = try data.facts().size
        do {
            let reservation = try growData(data, from: stored.record.size, to: size, root)
            try Failpoint.pass(.expandFileGrown)
            try data.synchronize()
            try Failpoint.pass(.expandFileSynced)
            return reservation
        } catch {
            // Nobody has seen the new part yet: the device is told last.
            throw error.afterUndoing { () throws(DriverError) in try data.resize(to: old) }
        }
    }

    private func growData(
        _ data: borrowing OpenFile,
        from old: ByteCount,
        to size: ByteCount,
        _ root: borrowing Folder
    ) throws(DriverError) -> Reservation {
        guard !isThick else { return try allocate(data, size: size, root) }
        let reservation = try reserve(Charge(promised: size - old), root)
        if try data.facts().size < size { try data.resize(to: size) }
        return reservation
    }

    private func storeGrown(_ stored: Stored<VolumeRecord>, _ root: borrowing Folder)
        throws(DriverError)
    {
        do {
            try Shelf<VolumeRecord>(in: root).replace(stored)
        } catch {
            throw error.leavingHalfDone(
                "volume \(stored.record.id) has grown, but its record is not updated"
            )
        }
        let id = stored.record.id.text
        if !isThick { space.setPromise(of: id, to: stored.record.size) }
        volumeTable.put(stored)
    }

    /// Grows the device; a failure is not undone, because the volume has grown.
    private func finishGrowth(of stored: Stored<VolumeRecord>, _ root: borrowing Folder)
        throws(DriverError)
    {
        do {
            try Failpoint.pass(.expandRecorded)
            try growDevice(of: stored, root)
        } catch {
            throw error.leavingHalfDone(
                "volume \(stored.record.id) has grown, but its device has not"
            )
        }
    }

    private func growDevice(of stored: Stored<VolumeRecord>, _ root: borrowing Folder)
        throws(DriverError)
    {
        let facts = try Shelf<VolumeRecord>(in: root).dataFacts(stored.record.id)
        guard let facts, let device = try loopDevices.find(backing: facts.identity) else { return }
        let held = try HeldDevice.loop(device, showing: facts.identity)
        guard try held.size() < facts.size else { return }
        try held.takeOverFileSize()
        try Failpoint.pass(.expandDeviceTold)
    }
}
