import Backend
import DriverCore
import Host
import Logging
import Synchronization

/// The result of filling a new object's data file.
struct Filled {
    /// Held until the object's own charge is counted.
    let reservation: Reservation
    /// How much the file shares with its source.
    var shared = ByteCount.zero
    /// The space that the object takes from now on.
    let charge: Charge
}

/// The ways in which a data file gets blocks; each counts the space first.
extension LoopBackend {
    /// Fills with zeros: a hole on a thin tier, allocated blocks on a thick one.
    func fillWithZeros(_ data: borrowing OpenFile, size: ByteCount, _ root: borrowing Folder)
        throws(DriverError) -> Filled
    {
        guard isThick else {
            let charge = Charge(promised: size)
            let reservation = try reserve(charge, root)
            try data.resize(to: size)
            return Filled(reservation: reservation, charge: charge)
        }
        let reservation = try allocate(data, size: size, root)
        return Filled(reservation: reservation, charge: Charge())
    }

    /// Allocates the missing blocks of a thick volume's file up to the size.
    func allocate(_ data: borrowing OpenFile, size: ByteCount, _ root: borrowing Folder)
        throws(DriverError) -> Reservation
    {
        let reservation: Reservation
        do {
            reservation = try allocateNow(data, size: size, root)
        } catch {
            guard error.code == .outOfSpace, try relieve(root) else { throw error }
            reservation = try allocateNow(data, size: size, root)
        }
        try refuseHoles(in: data, size: size)
        return reservation
    }

    /// Counts the space and allocates it, with no other allocation in between.
    private func allocateNow(
        _ data: borrowing OpenFile,
        size: ByteCount,
        _ root: borrowing Folder
    ) throws(DriverError) -> Reservation {
        let missing = try size - data.facts().allocated
        return try allocating.withLock { _ throws(DriverError) -> Reservation in
            let reservation = try space.reserve(Charge(owed: missing), usage: figures(root))
            try data.allocate(from: .zero, to: size)
            try Failpoint.pass(.spaceAllocated)
            reservation.lowerDebt(to: .zero)
            return reservation
        }
    }

    /// Throws where a thick file has fewer blocks than its size, although the file system reported
    /// success.
    func refuseHoles(in data: borrowing OpenFile, size: ByteCount) throws(DriverError) {
        let allocated = try data.facts().allocated
        guard allocated < size else { return }
        throw DriverError(
            .hostFailure,
            "\(data.path) has only \(allocated) of \(size) allocated: its file system cannot "
                + "preallocate; make the tier thin, or put its pool on ext4 or XFS"
        )
    }

    /// Takes the charge; before it refuses one, it measures what is really owed.
    func reserve(_ charge: Charge, _ root: borrowing Folder) throws(DriverError) -> Reservation {
        let reservation: Reservation
        do {
            reservation = try space.reserve(charge, usage: figures(root))
        } catch {
            guard try relieve(root) else { throw error }
            reservation = try space.reserve(charge, usage: figures(root, notMeasuredFor: .zero))
        }
        try Failpoint.pass(.spaceReserved)
        return reservation
    }

    /// The present figures of the disk; the files of a thin tier are measured where that is due.
    func figures(_ root: borrowing Folder, notMeasuredFor interval: Duration = .seconds(10))
        throws(DriverError) -> StorageFigures
    {
        let usage = try root.usage()
        let figures = StorageFigures(total: usage.total, available: usage.available)
        if !isThick, let ids = space.unmeasured(for: interval, figures) {
            try measureFiles(of: ids, root)
        }
        return figures
    }

    private func measureFiles(of ids: [String], _ root: borrowing Folder) throws(DriverError) {
        let volumes = try Shelf<VolumeRecord>(in: root)
        let snapshots = try Shelf<SnapshotRecord>(in: root)
        var measured: [String: ByteCount] = [:]
        for id in ids {
            if let volume = VolumeID(parsing: id) {
                measured[id] = try volumes.dataFacts(volume)?.allocated
            } else if let snapshot = SnapshotID(parsing: id) {
                measured[id] = try snapshots.dataFacts(snapshot)?.allocated
            }
        }
        space.setAllocated(measured)
    }
}

/// Search for room before a request is refused.
extension LoopBackend {
    /// Syncs the file system, so that it frees deleted files, and measures the debts again; false
    /// where that was done a moment ago.
    private func relieve(_ root: borrowing Folder) throws(DriverError) -> Bool {
        guard space.startRelief() else { return false }
        try root.synchronizeFilesystem()
        try measureDebts(in: root, notMeasuredFor: .zero, for: .seconds(2))
        return true
    }

    /// Lowers each object's debt to what its file still shares with others.
    ///
    /// Objects for which there is no time come first the next time.
    func measureDebts(
        in root: borrowing Folder,
        notMeasuredFor interval: Duration,
        for limit: Duration
    ) throws(DriverError) {
        let end = ContinuousClock.now + limit
        for id in space.debtors(notMeasuredFor: interval) {
            guard let owed = measuredDebt(of: id, root) else { continue }
            space.lowerDebt(of: id, to: owed)
            if ContinuousClock.now > end { return }
        }
    }

    /// nil where it cannot be measured: then the old figure stays, which is at worst too high.
    private func measuredDebt(of id: String, _ root: borrowing Folder) -> ByteCount? {
        do {
            if let volume = VolumeID(parsing: id) {
                guard let size = volumeTable.size(of: volume),
                    let data = try Shelf<VolumeRecord>(in: root).data(volume, for: .reading)
                else { return nil }
                let shared = try data.sharedSpace()
                return isThick ? try shared + (size - data.facts().allocated) : shared
            }
            guard let snapshot = SnapshotID(parsing: id),
                let data = try Shelf<SnapshotRecord>(in: root).data(snapshot, for: .reading)
            else { return nil }
            return try data.sharedSpace()
        } catch {
            logger.debug(
                "cannot measure the shared blocks",
                metadata: ["id": "\(id)", "reason": "\(error.message)"]
            )
            return nil
        }
    }
}
