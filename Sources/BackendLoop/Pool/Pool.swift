import DriverCore
import Host
import Logging
import Synchronization

/// The directory of a tier: made once, recognised by its marker ever after.
///
/// Nothing of it stays open between operations, so an administrator can unmount an idle pool. The
/// note beside the directory holds the marker's UUID, so that a directory whose disk is not mounted
/// is never taken for a new pool; its lock keeps a second driver out, and pins the note's file
/// system only.
final class Pool: Sendable {
    private struct State: ~Copyable {
        /// The marker's bytes as they were when the pool was opened; nil before.
        var marker: [UInt8]?
        /// The locked note, where the parent directory allows one.
        var note: OpenFile?
    }

    let path: PoolPath
    private let tier: String
    private let logger: Logger
    private let state = Mutex(State())

    init(tier: String, path: PoolPath, logger: Logger) {
        self.tier = tier
        self.path = path
        self.logger = logger
    }

    deinit { state.withLock { state in try? state.note?.unlock() } }

    var isOpen: Bool { state.withLock { $0.marker != nil } }

    /// Opens the pool's directory for one operation, having seen that it is still the same pool.
    func enter() throws(DriverError) -> Folder {
        do throws(DriverError) {
            let root = try existingRoot()
            let bytes = try markerBytes(in: root)
            try compare(bytes)
            return root
        } catch {
            state.withLock { $0.marker = nil }
            throw unavailable(error.message)
        }
    }

    /// Finds the pool, or makes one of an empty directory.
    func open() throws(DriverError) -> Folder {
        do throws(DriverError) {
            guard let parent = try Folder.existing(at: path.parent) else {
                throw unavailable("\(path.parent) does not exist: make it, or mount its disk")
            }
            let known = try holdNote(in: parent)
            do throws(DriverError) {
                return try open(in: parent, known: known)
            } catch {
                if known == nil { dropNote(in: parent) }
                throw error
            }
        } catch {
            throw unavailable(error.message)
        }
    }

    private func open(in parent: borrowing Folder, known: String?) throws(DriverError) -> Folder {
        let root = try rootOrNew(in: parent, known: known)
        let marker = try markerOrNew(in: root, known: known)
        guard marker.tier == tier else {
            throw unavailable(
                "it belongs to the tier '\(marker.tier)': give the tier that name again, or choose "
                    + "another directory"
            )
        }
        if known == nil { writeNote(marker.uuid) }
        for shelf in [PoolNames.volumes, PoolNames.snapshots] where try !root.has(shelf) {
            throw unavailable(
                "its folder '\(shelf)' is gone: restore it from a backup, or make it empty by hand"
            )
        }
        let bytes = try markerBytes(in: root)
        state.withLock { $0.marker = bytes }
        return root
    }

    private func unavailable(_ reason: String) -> DriverError {
        let prefix = "tier \(tier), pool \(path.directory): "
        // Errors pass through here twice where one function calls another.
        return DriverError(.unavailable, reason.hasPrefix(prefix) ? reason : prefix + reason)
    }
}

/// The directory and its marker.
extension Pool {
    private func existingRoot() throws(DriverError) -> Folder {
        guard let root = try Folder.existing(at: path.directory) else {
            throw unavailable("the directory is gone; mount its disk")
        }
        return root
    }

    private func rootOrNew(in parent: borrowing Folder, known: String?) throws(DriverError)
        -> Folder
    {
        if let root = try Folder.existing(at: path.directory) { return root }
        guard known == nil else { throw notMounted(known) }
        try parent.makeFolder(path.name)
        try parent.synchronize()
        return try existingRoot()
    }

    private func markerBytes(in root: borrowing Folder) throws(DriverError) -> [UInt8] {
        guard let file = try root.file(PoolNames.marker, for: .reading) else {
            throw notMounted(nil)
        }
        return try file.contents(limit: PoolMarker.limit)
    }

    /// Sees that the marker is the one that the pool was opened with.
    private func compare(_ bytes: [UInt8]) throws(DriverError) {
        guard let opened = state.withLock({ $0.marker }) else {
            throw unavailable("it has not been opened yet")
        }
        guard opened != bytes else { return }
        let expected = try PoolMarker(decoding: opened, path: PoolNames.marker).uuid
        let found = try PoolMarker(decoding: bytes, path: PoolNames.marker).uuid
        if expected != found { throw foreign(found, expected: expected) }
    }

    private func markerOrNew(in root: borrowing Folder, known: String?) throws(DriverError)
        -> PoolMarker
    {
        if try root.has(PoolNames.marker) {
            let name = "\(path.directory)/\(PoolNames.marker)"
            let marker = try PoolMarker(decoding: markerBytes(in: root), path: name)
            if let known, known != marker.uuid { throw foreign(marker.uuid, expected: known) }
            return marker
        }
        guard known == nil else { throw notMounted(known) }
        try refuseForeignFiles(in: root)
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
            "the directory is no pool and is not empty (it holds '\(example)'): choose an empty "
                + "one; if it was a pool, restore its \(PoolNames.marker)"
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

    private func notMounted(_ known: String?) -> DriverError {
        let which = known.map { " of pool \($0)" } ?? ""
        return unavailable(
            "the marker \(PoolNames.marker)\(which) is missing; mount the pool's disk there, or, if "
                + "the pool is really gone, remove \(path.notePath) and restart the driver"
        )
    }

    private func foreign(_ found: String, expected: String) -> DriverError {
        unavailable(
            "it is pool \(found), not \(expected): mount the right disk, or, if this one is meant, "
                + "remove \(path.notePath) and restart the driver"
        )
    }
}

/// The note in the parent directory. All of it is best effort: a parent may be read-only.
extension Pool {
    /// Locks the note and reads the UUID in it; nil where there is none.
    private func holdNote(in parent: borrowing Folder) throws(DriverError) -> String? {
        let current = try parent.facts(of: path.note)?.identity
        return try state.withLock { state throws(DriverError) -> String? in
            let held = try state.note?.facts().identity
            if held == nil || held != current {
                state.note = nil
                state.note = try lockedNote(in: parent)
            }
            guard let bytes = try state.note?.contents(limit: 4096) else { return nil }
            let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first
            return text.map(String.init)
        }
    }

    private func lockedNote(in parent: borrowing Folder) throws(DriverError) -> OpenFile? {
        guard let note = try noteFile(in: parent) else { return nil }
        guard try note.lock() else {
            throw unavailable(
                "another driver uses it (it holds \(path.notePath)): stop that one first"
            )
        }
        return note
    }

    private func noteFile(in parent: borrowing Folder) throws(DriverError) -> OpenFile? {
        do {
            return try parent.fileOrNew(path.note)
        } catch {
            logger.warning(
                "cannot write the note beside the pool: an unmounted disk is noticed less well",
                metadata: ["reason": "\(error.message)"]
            )
            return try parent.file(path.note, for: .reading)
        }
    }

    private func writeNote(_ uuid: String) {
        do throws(DriverError) {
            try state.withLock { state throws(DriverError) in
                try state.note?.write(Array("\(uuid)\n".utf8))
                try state.note?.synchronize()
            }
        } catch {
            logger.warning(
                "cannot write the note beside the pool",
                metadata: ["reason": "\(error.message)"]
            )
        }
    }

    /// Removes a note that names no pool: one that this start has made and has no use for.
    private func dropNote(in parent: borrowing Folder) {
        state.withLock { state in
            guard let note = state.note.take() else { return }
            do throws(DriverError) {
                if try note.contents(limit: 4096).isEmpty { try parent.removeFile(path.note) }
            } catch {
                logger.debug("left an empty note", metadata: ["reason": "\(error.message)"])
            }
        }
    }
}
