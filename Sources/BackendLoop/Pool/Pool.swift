import DriverCore
import Host
import Logging
import Synchronization

/// The directory of a tier: created once, and recognised by its marker from then on.
///
/// Nothing of it stays open between operations, so an administrator can unmount an idle pool. The
/// state folder and the note beside the directory hold the marker's UUID, so that a directory whose
/// disk is not mounted is never taken for a new pool. The note's lock keeps a second driver out, and
/// pins the note's file system only.
final class Pool: Sendable {
    private struct State: ~Copyable {
        /// The marker's bytes when the pool was opened; nil before.
        var marker: [UInt8]?
        /// The locked note, if the parent directory allows one.
        var note: OpenFile?
        /// The directory as the kernel reports it, links resolved; nil before the first opening.
        var shownPath: String?
    }

    let path: PoolPath
    let tier: String
    let rules: PoolRules
    let logger: Logger
    private let state = Mutex(State())

    init(tier: String, path: PoolPath, rules: PoolRules, logger: Logger) {
        self.tier = tier
        self.path = path
        self.rules = rules
        self.logger = logger
    }

    deinit { state.withLock { state in try? state.note?.unlock() } }

    /// The paths of the directory that are known without the pool's disk.
    ///
    /// Where the pool was not opened since the start, the state folder knows its path of before.
    func knownPaths() throws(DriverError) -> [String] {
        var shown = state.withLock { $0.shownPath }
        if shown == nil { shown = try stateFile?.read()?.shownPath }
        return [path.directory] + (shown.map { [$0] } ?? [])
    }

    var isOpen: Bool { state.withLock { $0.marker != nil } }

    /// Opens the pool's directory for one operation, and verifies that it is the same pool.
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

    /// Finds the pool; creates it in an empty directory only if the rules allow it and nothing
    /// proves that one existed.
    func open() throws(DriverError) -> Folder {
        do throws(DriverError) {
            guard let parent = try Folder.existing(at: path.parent) else {
                throw unavailable("\(path.parent) does not exist: create it, or mount its disk")
            }
            let noted = try holdNote(in: parent)
            do throws(DriverError) {
                return try open(noted: noted)
            } catch {
                if noted == nil { dropNote(in: parent) }
                throw error
            }
        } catch {
            throw unavailable(error.message)
        }
    }

    private func open(noted: String?) throws(DriverError) -> Folder {
        let proofs = PoolProofs(tier: tier, path: path, rules: rules, noted: noted)
        guard let root = try Folder.existing(at: path.directory) else {
            throw unavailable("the directory does not exist: \(proofs.adviceForDirectory)")
        }
        let mount = try FolderMount(of: root)
        try requireMountPoint(mount, proofs)
        let found = try marker(in: root)
        if let found, let objection = proofs.objection(to: found.uuid) {
            throw unavailable("\(objection.problem): \(objection.advice)")
        }
        let marker = if let found { found } else { try newMarker(in: root, on: mount, proofs) }
        guard marker.tier == tier else {
            throw unavailable(
                "it belongs to the tier '\(marker.tier)': give the tier that name again, or choose "
                    + "another directory"
            )
        }
        for shelf in [PoolNames.volumes, PoolNames.snapshots] where try !root.has(shelf) {
            throw unavailable(
                "its directory '\(shelf)' is missing: restore it from a backup, or create it empty"
            )
        }
        let shown = try root.shownPath()
        try keepProofs(of: marker, shown, proofs, isNew: found == nil)
        warn(of: mount)
        let bytes = try markerBytes(in: root)
        state.withLock { state in
            state.marker = bytes
            state.shownPath = shown
        }
        return root
    }

    func unavailable(_ reason: String) -> DriverError {
        let prefix = "tier \(tier), pool \(path.directory): "
        // Errors pass through here twice where one function calls another.
        return DriverError(.unavailable, reason.hasBytePrefix(prefix) ? reason : prefix + reason)
    }
}

/// The present directory.
extension Pool {
    private func existingRoot() throws(DriverError) -> Folder {
        guard let root = try Folder.existing(at: path.directory) else {
            throw unavailable("the directory is missing: \(adviceForLost())")
        }
        return root
    }

    /// What to do where the pool that was here is not, as `cairn doctor` says it.
    private func adviceForLost() -> String {
        let noted = (try? path.readNote()) ?? nil
        return PoolProofs(tier: tier, path: path, rules: rules, noted: noted).advice
    }

    private func markerBytes(in root: borrowing Folder) throws(DriverError) -> [UInt8] {
        guard let file = try root.file(PoolNames.marker, for: .reading) else {
            throw unavailable(
                "its marker \(PoolNames.marker) is missing: \(adviceForLost())"
            )
        }
        return try file.contents(limit: PoolMarker.limit)
    }

    /// Throws where the marker is not the one with which the pool was opened.
    private func compare(_ bytes: [UInt8]) throws(DriverError) {
        guard let opened = state.withLock({ $0.marker }) else {
            throw unavailable("it has not been opened yet")
        }
        guard opened != bytes else { return }
        let expected = try PoolMarker(decoding: opened, path: PoolNames.marker).uuid
        let found = try PoolMarker(decoding: bytes, path: PoolNames.marker).uuid
        guard expected != found else { return }
        throw unavailable("it is pool \(found), not \(expected): mount the right disk")
    }

    func marker(in root: borrowing Folder) throws(DriverError) -> PoolMarker? {
        guard try root.has(PoolNames.marker) else { return nil }
        let name = "\(path.directory)/\(PoolNames.marker)"
        return try PoolMarker(decoding: markerBytes(in: root), path: name)
    }

    private func requireMountPoint(_ mount: FolderMount, _ proofs: PoolProofs) throws(DriverError) {
        guard rules.requiresMountPoint, !mount.isRoot else { return }
        throw unavailable(
            "the tiers file says 'mountPoint: true', but no disk is mounted at the directory: it is in "
                + "the file system on \(mount.target); \(proofs.advice)"
        )
    }

    private func warn(of mount: FolderMount) {
        guard mount.isVolatile, !rules.isVolatile else { return }
        logger.warning(
            "a reboot or the end of the container loses the pool; 'volatile: true' allows that",
            metadata: ["directory": "\(path.directory)", "filesystem": "\(mount.type)"]
        )
    }
}

/// The note in the parent directory; best effort, because a parent may be read-only.
extension Pool {
    /// Locks the note and reads its UUID; nil where there is none.
    private func holdNote(in parent: borrowing Folder) throws(DriverError) -> String? {
        let current = try parent.facts(of: path.note)?.identity
        return try state.withLock { state throws(DriverError) -> String? in
            let held = try state.note?.facts().identity
            if held == nil || held != current {
                state.note = nil
                state.note = try lockedNote(in: parent)
            }
            guard let bytes = try state.note?.contents(limit: 4096) else { return nil }
            let text = String(decoding: bytes, as: UTF8.self).byteSplit(separator: "\n").first
            return text.map(String.init)
        }
    }

    private func lockedNote(in parent: borrowing Folder) throws(DriverError) -> OpenFile? {
        guard let note = try noteFile(in: parent) else { return nil }
        guard try note.lock() else {
            // The driver that opened the pool keeps the lock when the pool's disk is lost.
            let isThere = try Folder.existing(at: path.directory)?.has(PoolNames.marker) ?? false
            if !isThere, try path.readNote() != nil {
                throw unavailable(
                    "this node's driver uses it, but its marker \(PoolNames.marker) is missing: "
                        + adviceForLost()
                )
            }
            throw unavailable(
                "another driver uses it and has locked \(path.notePath): stop that driver first"
            )
        }
        return note
    }

    private func noteFile(in parent: borrowing Folder) throws(DriverError) -> OpenFile? {
        do {
            return try parent.fileOrNew(path.note)
        } catch {
            logger.warning(
                "cannot write the note next to the pool: a disk that is not mounted is harder to detect",
                metadata: ["reason": "\(error.message)"]
            )
            return try parent.file(path.note, for: .reading)
        }
    }

    func writeNote(_ uuid: String) {
        do throws(DriverError) {
            try state.withLock { state throws(DriverError) in
                try state.note?.write(Array("\(uuid)\n".utf8))
                try state.note?.synchronize()
            }
        } catch {
            logger.warning(
                "cannot write the note next to the pool",
                metadata: ["reason": "\(error.message)"]
            )
        }
    }

    /// Removes an empty note that this start has created and does not need.
    private func dropNote(in parent: borrowing Folder) {
        state.withLock { state in
            guard let note = state.note.take() else { return }
            do throws(DriverError) {
                if try note.contents(limit: 4096).isEmpty { try parent.removeFile(path.note) }
            } catch {
                logger.debug(
                    "found an empty note, and left it as it is",
                    metadata: ["reason": "\(error.message)"]
                )
            }
        }
    }
}
