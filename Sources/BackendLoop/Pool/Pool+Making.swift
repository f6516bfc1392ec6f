import DriverCore
import Host
import Logging

/// Making a pool, and keeping the proofs that it exists.
extension Pool {
    /// The marker of a new pool; throws where one is not wanted, or may have existed.
    func newMarker(in root: borrowing Folder, _ proofs: PoolProofs) throws(DriverError)
        -> PoolMarker
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
        try stateFile?.prepare()
        return try makeMarker(in: root)
    }

    /// A directory with somebody's files in it is never turned into a pool.
    private func refuseForeignFiles(in root: borrowing Folder) throws(DriverError) {
        var foreign: [String] = []
        for name in try root.names() {
            let isShelf = [PoolNames.volumes, PoolNames.snapshots].contains(name)
            let isFull = isShelf ? try !(root.folder(name)?.names().isEmpty ?? true) : false
            if isFull || !PoolNames.allowedInNewPool.contains(name) { foreign.append(name) }
        }
        guard let example = foreign.min() else { return }
        throw unavailable(
            "the directory is no pool and is not empty (it holds '\(example)'): mount the pool's disk "
                + "there, or choose an empty one; if it was a pool, restore its \(PoolNames.marker)"
        )
    }

    /// The marker comes last: a start that is cut short before it leaves a directory that still
    /// counts as empty.
    private func makeMarker(in root: borrowing Folder) throws(DriverError) -> PoolMarker {
        for shelf in [PoolNames.volumes, PoolNames.snapshots] where try !root.has(shelf) {
            try root.makeFolder(shelf)
        }
        let marker = PoolMarker(tier: tier)
        try root.replaceFile(PoolNames.marker, with: marker.encoded())
        logger.info(
            "made a pool",
            metadata: ["directory": "\(path.directory)", "uuid": "\(marker.uuid)"]
        )
        return marker
    }

    private var stateFile: PoolStateFile? {
        rules.stateFolder.map { PoolStateFile(folder: $0, tier: tier) }
    }

    /// Writes down beside the pool that it exists.
    ///
    /// After a crash before that, the next start finds the marker and writes the same.
    func keepProofs(of marker: PoolMarker, _ proofs: PoolProofs, isNew: Bool) throws(DriverError) {
        if proofs.noted != marker.uuid { writeNote(marker.uuid) }
        guard let file = stateFile, proofs.lacksState(marker.uuid) else { return }
        do throws(DriverError) {
            // What cannot be read is not replaced either: a newer driver may have written it.
            let state = try proofs.kept.get()
            let new = PoolState(tier: tier, uuid: marker.uuid, directory: path.directory)
            let kept = state?.with(uuid: marker.uuid, directory: path.directory)
            try file.write(kept ?? new)
        } catch {
            guard !isNew else { throw error }
            // The pool is there and is the right one: its volumes must not wait for this.
            logger.warning(
                "cannot keep the pool's UUID: while its disk is away, only the note proves it",
                metadata: ["file": "\(file.path)", "reason": "\(error.message)"]
            )
        }
    }
}
