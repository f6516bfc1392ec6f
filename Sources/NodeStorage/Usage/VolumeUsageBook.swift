internal import DiskFormat
package import DriverCore
internal import Host
internal import Synchronization

/// The notes of use of all volumes of this node, kept in memory and in one small file per volume.
///
/// The files live where a reboot clears them, as it clears the mounts (`/run/cairn`); so they
/// survive a restart of the driver. They are a note beside the truth, which is the
/// mount table: an entry without its mount counts for nothing, and where a file is lost or cannot be
/// read, what the mount table shows is in use, in an access mode that nobody knows.
package final class VolumeUsageBook: Sendable {
    /// The directory of the notes.
    package let path: String
    private let usages: Mutex<[VolumeID: UsageNote]>
    private let unreadable: Mutex<[VolumeID: String]>
    package let findings = UsageFindings()

    /// Opens the directory; creates it if its parent exists.
    ///
    /// A file that cannot be read counts for nothing, and is told by ``unreadableNotes``.
    package init(folder path: String) throws(DriverError) {
        self.path = path
        let survey = try Self.survey(try Self.openOrMake(path))
        usages = Mutex(survey.usages)
        unreadable = Mutex(survey.unreadable)
    }

    /// The reason for each note that could not be read, until it is written again.
    package var unreadableNotes: [VolumeID: String] { unreadable.withLock(\.self) }

    /// The path of a volume's note.
    package func notePath(of id: VolumeID) -> String { "\(path)/\(id.text)\(Self.suffix)" }

    /// The notes of a directory, and the reason for each that cannot be read.
    package struct Survey: Sendable {
        var usages: [VolumeID: UsageNote] = [:]
        package var unreadable: [VolumeID: String] = [:]

        /// The volumes with a note that can be read.
        package var noted: Set<VolumeID> { Set(usages.keys) }
    }

    /// Reads the notes of a directory and changes nothing; nil where there is no such directory.
    package static func survey(folder path: String) throws(DriverError) -> Survey? {
        guard let folder = try Folder.existing(at: path) else { return nil }
        return try survey(folder)
    }

    private static func survey(_ folder: borrowing Folder) throws(DriverError) -> Survey {
        var survey = Survey()
        for name in try folder.names() {
            guard let id = id(fromFileName: name) else { continue }
            do {
                guard let file = try folder.file(name, for: .reading) else { continue }
                let bytes = try file.contents(limit: fileLimit)
                survey.usages[id] = try DiskFormat.decode(UsageNoteFile.self, from: bytes).usage
            } catch {
                survey.unreadable[id] = "\(error)".printable
            }
        }
        return survey
    }

    package func usage(of id: VolumeID) -> UsageNote {
        usages.withLock { $0[id] ?? UsageNote() }
    }

    /// The inline volumes that still have to be removed.
    package var pendingRemovals: [VolumeID] {
        usages.withLock { usages in
            usages.filter { $1.isRemovalPending && $1.publications.isEmpty }.map(\.key)
        }
    }

    /// Changes a note and stores it.
    ///
    /// The caller holds the volume's key, so nobody else writes its file.
    package func update(_ id: VolumeID, _ change: (inout UsageNote) -> Void) throws(DriverError) {
        var usage = usage(of: id)
        change(&usage)
        do throws(DriverError) {
            try store(usage, of: id)
        } catch  where error.code == .outOfSpace {
            // What is full is no pool: no other node would help.
            throw DriverError(
                .unavailable,
                "cannot note the use of volume \(id) in \(path): its file system is full; free "
                    + "some space there (df \(path)), then retry",
                cause: error
            )
        }
        let updated = usage.isEmpty ? nil : usage
        usages.withLock { $0[id] = updated }
        unreadable.withLock { $0[id] = nil }
    }

    private func store(_ usage: UsageNote, of id: VolumeID) throws(DriverError) {
        let folder = try Self.openOrMake(path)
        guard !usage.isEmpty else { return try folder.removeFile(id.text + Self.suffix) }
        try folder.replaceFile(
            id.text + Self.suffix,
            with: DiskFormat.encode(UsageNoteFile(usage)),
            outliving: .processEnd
        )
    }

    /// Removes the note of a volume that is not in use: a crash may have left it.
    package func forget(_ id: VolumeID) throws(DriverError) {
        let isUnreadable = unreadable.withLock { $0[id] != nil }
        guard isUnreadable || !usage(of: id).isEmpty else { return }
        try update(id) { $0 = UsageNote() }
    }

    private static let suffix = ".json"
    /// Far above the size of a note with a few targets.
    private static let fileLimit = 1 << 20

    private static func openOrMake(_ path: String) throws(DriverError) -> Folder {
        if let folder = try Folder.existing(at: path) { return folder }
        let (parent, name) = splitPath(path)
        guard !name.isEmpty, let parent = try Folder.existing(at: parent) else {
            throw DriverError(
                .hostFailure,
                "cannot create the usage directory \(path): its parent directory does not exist"
            )
        }
        try parent.makeFolder(name)
        guard let folder = try Folder.existing(at: path) else {
            throw DriverError(
                .hostFailure,
                "the usage directory \(path) was removed right after it was created; retry"
            )
        }
        return folder
    }

    /// `/run/cairn-usage` as `/run/` and `cairn-usage`.
    private static func splitPath(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", "") }
        return (String(path[...slash]), String(path[path.utf8.index(after: slash)...]))
    }

    private static func id(fromFileName name: String) -> VolumeID? {
        name.removingByteSuffix(suffix).flatMap { VolumeID(parsing: String($0)) }
    }
}
