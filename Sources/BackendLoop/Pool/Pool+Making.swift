import DriverCore
import Host
import Logging

/// Creating a pool, and the proofs that it exists.
extension Pool {
    /// The marker of a new pool; throws where none may be created, or one may have existed.
    func newMarker(in root: borrowing Folder, on mount: FolderMount, _ proofs: PoolProofs)
        throws(DriverError) -> PoolMarker
    {
        guard proofs.expected == nil else {
            let known = proofs.expected.map { " of pool \($0)" } ?? ""
            throw unavailable(
                "the marker \(PoolNames.marker)\(known) is missing: \(proofs.advice)"
            )
        }
        // What cannot be read may say that there is a pool.
        _ = try proofs.kept.get()
        try refuseForeignFiles(in: root)
        guard rules.createsPool else {
            throw unavailable("there is no pool (no \(PoolNames.marker)): \(proofs.advice)")
        }
        let marker = try begin(on: mount, proofs)
        try Failpoint.pass(.poolBegun)
        try make(marker, in: root)
        try Failpoint.pass(.poolMarked)
        return marker
    }

    /// Records on which file system the pool will be, before anything is there.
    ///
    /// An interrupted creation is finished only on that file system, and not on one that is visible
    /// while the disk is missing.
    private func begin(on mount: FolderMount, _ proofs: PoolProofs) throws(DriverError)
        -> PoolMarker
    {
        guard let file = stateFile else { return PoolMarker(tier: tier) }
        if let begun = proofs.unfinished {
            guard begun.makingOn == mount.target else {
                throw unavailable(
                    "the making of a pool began on the file system mounted at "
                        + "\(begun.makingOn ?? ""), but the directory is now on the one at "
                        + "\(mount.target); mount the pool's disk, or remove \(file.path) to "
                        + "make the pool here"
                )
            }
            return PoolMarker(tier: tier, uuid: begun.uuid)
        }
        let marker = PoolMarker(tier: tier)
        let state = PoolState(
            tier: tier,
            uuid: marker.uuid,
            directory: path.directory,
            makingOn: mount.target,
            after: try proofs.kept.get()
        )
        try file.write(state)
        return marker
    }

    /// Throws where the directory has files: it is never made a pool.
    private func refuseForeignFiles(in root: borrowing Folder) throws(DriverError) {
        var foreign: [String] = []
        for name in try root.names() {
            let isShelf = [PoolNames.volumes, PoolNames.snapshots].contains(name)
            let isFull = isShelf ? try !(root.folder(name)?.names().isEmpty ?? true) : false
            if isFull || !PoolNames.allowedInNewPool.contains(name) { foreign.append(name) }
        }
        guard let example = foreign.min() else { return }
        throw unavailable(
            "the directory is not a pool and not empty (it has '\(example)'): mount the pool's disk "
                + "there, or choose an empty directory; if it was a pool, restore its "
                + PoolNames.marker
        )
    }

    /// Creates the shelves, then the marker.
    ///
    /// Without the marker the directory still counts as empty, so a start that is cut short before
    /// it can begin again.
    private func make(_ marker: PoolMarker, in root: borrowing Folder) throws(DriverError) {
        for shelf in [PoolNames.volumes, PoolNames.snapshots] where try !root.has(shelf) {
            try root.makeFolder(shelf)
        }
        try root.replaceFile(PoolNames.marker, with: marker.encoded())
        logger.info(
            "made a pool",
            metadata: ["directory": "\(path.directory)", "uuid": "\(marker.uuid)"]
        )
    }

    var stateFile: PoolStateFile? {
        rules.stateFolder.map { PoolStateFile(folder: $0, tier: tier) }
    }

    /// Writes the note and the state that prove that the pool exists.
    ///
    /// After a crash before that, the next start finds the marker and writes the same.
    func keepProofs(
        of marker: PoolMarker,
        _ shown: String,
        _ proofs: PoolProofs,
        isNew: Bool
    ) throws(DriverError) {
        if proofs.noted != marker.uuid { writeNote(marker.uuid) }
        if isNew { try Failpoint.pass(.poolNoted) }
        guard let file = stateFile, proofs.lacksState(marker.uuid, shown) else { return }
        do throws(DriverError) {
            // What cannot be read is not replaced either: a newer driver may have written it.
            let state = PoolState(
                tier: tier,
                uuid: marker.uuid,
                directory: path.directory,
                shownPath: shown,
                after: try proofs.kept.get()
            )
            try file.write(state)
        } catch {
            guard !isNew else { throw error }
            // The pool is there and is the right one: its volumes must not wait for this.
            logger.warning(
                "cannot save the pool's UUID: while its disk is missing, only the note proves the pool",
                metadata: ["file": "\(file.path)", "reason": "\(error.message)"]
            )
        }
    }
}
