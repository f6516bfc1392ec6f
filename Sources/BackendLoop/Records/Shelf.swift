import DiskFormat
import DriverCore
import Host

/// The directory of a pool with all objects of one kind, each in its own directory.
///
/// An object is built as `.creating-<id>` and renamed when it is whole; it is renamed to
/// `.deleting-<id>` before its first file goes. So `<id>` is always whole.
struct Shelf<Record: StoredRecord>: ~Copyable {
    typealias ID = Record.ID

    let folder: Folder

    init(in root: borrowing Folder) throws(DriverError) {
        guard let folder = try root.folder(Record.shelf) else {
            throw DriverError(
                .unavailable,
                "\(root.path)/\(Record.shelf) is missing: mount the pool's disk, or restore the directory"
            )
        }
        self.folder = folder
    }

    /// The object; nil where there is none.
    func entry(_ id: ID) throws(DriverError) -> Entry<Record>? {
        guard let own = try folder.folder(id.text) else { return nil }
        do {
            guard let file = try own.file(Record.file, for: .reading) else {
                return .unusable("\(own.path)/\(Record.file) is missing")
            }
            let bytes = try file.contents(limit: Self.recordLimit)
            let stored = try DiskFormat.decode(Stored<Record>.self, from: bytes)
            guard stored.record.id == id else {
                return .unusable("\(file.path) is the record of another id, \(stored.record.id)")
            }
            return .usable(stored)
        } catch {
            // Storage that does not answer says nothing about the record.
            guard error.code == .hostFailure else { throw error }
            return .unusable("\(own.path)/\(Record.file): \(error.message)")
        }
    }

    /// Records are a few kilobytes; a larger file is not Cairn's.
    private static var recordLimit: Int { 1 << 20 }

    /// The data of an object, open; nil where the file is missing.
    func data(_ id: ID, for access: Folder.Access) throws(DriverError) -> OpenFile? {
        try folder.file("\(id)/\(PoolNames.data)", for: access)
    }

    func dataFacts(_ id: ID) throws(DriverError) -> FileFacts? {
        try folder.facts(of: "\(id)/\(PoolNames.data)")
    }

    func has(_ id: ID) throws(DriverError) -> Bool { try folder.has(id.text) }

    func own(_ id: ID) throws(DriverError) -> Folder? { try folder.folder(id.text) }

    /// Writes a changed record, in one step.
    func replace(_ stored: Stored<Record>) throws(DriverError) {
        let id = stored.record.id
        guard let own = try own(id) else {
            throw DriverError(
                .hostFailure,
                "\(folder.path)/\(id) is missing: the data of the \(Record.noun) is lost"
            )
        }
        try own.replaceFile(Record.file, with: DiskFormat.encode(stored))
        try Failpoint.pass(.recordReplaced)
    }
}

/// Making an object.
extension Shelf {
    /// Creates the directory in which the object is built; removes what an earlier attempt left
    /// there.
    func begin(_ id: ID) throws(DriverError) -> Folder {
        try removeLeftovers(of: id)
        let name = PoolNames.creating(id.text)
        try folder.makeFolder(name)
        guard let draft = try folder.folder(name) else {
            throw DriverError(
                .unavailable,
                "\(folder.path)/\(name) is missing; check that the pool's disk is mounted"
            )
        }
        // Who looks at the pool meanwhile then knows that this is no leftover.
        try draft.markBusy()
        return draft
    }

    /// Syncs the record and everything else of the draft to the disk.
    func complete(
        _ draft: borrowing Folder,
        data: borrowing OpenFile,
        _ stored: Stored<Record>
    ) throws(DriverError) {
        try data.synchronize()
        try Failpoint.pass(.createDataSynced)
        let file = try draft.newFile(Record.file)
        try file.write(DiskFormat.encode(stored))
        try Failpoint.pass(.createRecordWritten)
        try file.synchronize()
        try draft.synchronize()
    }

    /// Renames the draft: from here on the object exists.
    func publish(_ id: ID) throws(DriverError) {
        try folder.rename(PoolNames.creating(id.text), to: id.text)
        try Failpoint.pass(.createRenamed)
        try folder.synchronize()
    }

    /// Undoes the steps from ``begin(_:)`` to ``publish(_:)``, as far as they came.
    func retract(_ id: ID) throws(DriverError) {
        if try folder.has(id.text), try !folder.has(PoolNames.creating(id.text)) {
            try folder.rename(id.text, to: PoolNames.creating(id.text))
        }
        try Failpoint.pass(.createWithdrawn)
        try removeLeftovers(of: id)
    }
}

/// Removing an object.
extension Shelf {
    /// Throws where the object's directory has a file that Cairn did not make.
    func refuseUnknownFiles(_ id: ID) throws(DriverError) {
        if let own = try own(id) { try Self.refuseUnknownFiles(in: own) }
    }

    /// Renames the object for its removal: from here on it does not exist.
    func withdraw(_ id: ID) throws(DriverError) {
        if try folder.has(id.text) {
            try folder.rename(id.text, to: PoolNames.deleting(id.text))
            try Failpoint.pass(.deleteRenamed)
        }
        try folder.synchronize()
    }

    /// Removes a half-made or half-removed object.
    func removeLeftovers(of id: ID) throws(DriverError) {
        for name in [PoolNames.creating(id.text), PoolNames.deleting(id.text)] {
            guard let leftover = try folder.folder(name) else { continue }
            try leftover.markBusy()
            try Self.refuseUnknownFiles(in: leftover)
            try Self.giveBackSpace(of: leftover)
            try Failpoint.pass(.deleteDataCut)
            for file in Record.knownFiles {
                try leftover.removeFile(file)
                try Failpoint.pass(.deleteFileUnlinked)
            }
            try folder.removeFolder(name)
            try Failpoint.pass(.deleteFolderRemoved)
        }
    }

    /// Truncates the data before it is removed.
    ///
    /// XFS frees the blocks of a removed file some time later, those of a truncated one at once,
    /// and the next create needs them.
    private static func giveBackSpace(of leftover: borrowing Folder) throws(DriverError) {
        guard let data = try leftover.file(PoolNames.data, for: .writing) else { return }
        let facts = try data.facts()
        // A second name is an administrator's, who wants to keep the data.
        guard facts.isRegularFile, facts.links == 1 else { return }
        try data.resize(to: .zero)
    }

    private static func refuseUnknownFiles(in own: borrowing Folder) throws(DriverError) {
        let unknown = try own.names().filter { !Record.knownFiles.contains($0) }
        guard let example = unknown.min() else { return }
        throw DriverError(
            .hostFailure,
            "\(own.path) has '\(example)', which Cairn did not make: move it away, then retry"
        )
    }
}
