package import Host

/// The steps of a loop tier.
extension Failpoint {
    /// The steps that change volumes and snapshots.
    package static let ofLoopObjects: [Failpoint] = [
        .createFolderMade, .createDataMade, .spaceReserved, .spaceAllocated, .copyShared,
        .copyWhole, .createFilled, .createDataSynced, .createRecordWritten, .createCompleted,
        .createRenamed, .createPublished, .createWithdrawn, .freezeMarked, .freezeFrozen,
        .freezeThawed, .freezeUnmarked, .recordReplaced, .expandFileGrown, .expandFileSynced,
        .expandRecorded, .expandDeviceTold, .deleteDetached, .deleteRenamed, .deleteWithdrawn,
        .deleteDataCut, .deleteFileUnlinked, .deleteFolderRemoved,
    ]

    /// The steps that create a pool.
    package static let ofLoopPools: [Failpoint] = [
        .poolBegun, .poolMarked, .poolNoted,
    ]

    // Making a volume or a snapshot.

    /// The directory `.creating-<id>` exists; it has no file.
    package static let createFolderMade = Failpoint("create.folder-made")

    /// The data file is there and empty; no space is counted for it.
    package static let createDataMade = Failpoint("create.data-made")

    /// Space of a thin file or of a copy is counted; the file is unchanged.
    ///
    /// Growth passes here too.
    package static let spaceReserved = Failpoint("space.reserved")

    /// All blocks of a thick file are allocated; they still count as owed.
    ///
    /// Growth passes here too.
    package static let spaceAllocated = Failpoint("space.allocated")

    /// A reflink is cut; the source may be frozen, and the copy has the source's size.
    package static let copyShared = Failpoint("copy.shared")

    /// A copy by hand has all data; the source may be frozen, and the copy may be too short.
    package static let copyWhole = Failpoint("copy.whole")

    /// The data has size and contents; nothing is synced, and there is no record.
    package static let createFilled = Failpoint("create.filled")

    /// The data is on the disk; there is no record.
    package static let createDataSynced = Failpoint("create.data-synced")

    /// The record is written; neither it nor the folder is synced.
    package static let createRecordWritten = Failpoint("create.record-written")

    /// Everything is on the disk under the name `.creating-<id>`.
    package static let createCompleted = Failpoint("create.completed")

    /// The folder is renamed to `<id>`; the rename is not on the disk.
    package static let createRenamed = Failpoint("create.renamed")

    /// The object exists; memory does not know it, and nobody was answered.
    package static let createPublished = Failpoint("create.published")

    /// A failed create has taken its name back; its files are still there.
    package static let createWithdrawn = Failpoint("create.withdrawn")

    // Keeping a mounted source still.

    /// The mark `frozen` is on the disk; nothing is frozen.
    package static let freezeMarked = Failpoint("freeze.marked")

    /// The source is frozen; nothing is copied.
    package static let freezeFrozen = Failpoint("freeze.frozen")

    /// The source is thawed; the mark is still there.
    package static let freezeThawed = Failpoint("freeze.thawed")

    /// The mark is gone; the copy is still a draft.
    package static let freezeUnmarked = Failpoint("freeze.unmarked")

    // Changing a record: growth and setContents.

    /// The new record is on the disk; memory has the old one.
    package static let recordReplaced = Failpoint("record.replaced")

    // Growing a volume.

    /// The file has its new size; it is not synced, and the record has the old size.
    package static let expandFileGrown = Failpoint("expand.file-grown")

    /// The file is grown and synced; the record has the old size.
    package static let expandFileSynced = Failpoint("expand.file-synced")

    /// File and record are grown; the device has the old size.
    package static let expandRecorded = Failpoint("expand.recorded")

    /// The device is grown; the file system is not.
    package static let expandDeviceTold = Failpoint("expand.device-told")

    // Removing a volume or a snapshot, or what is left of one.

    /// The device is detached; the object is whole.
    package static let deleteDetached = Failpoint("delete.detached")

    /// The folder is renamed to `.deleting-<id>`; the rename is not on the disk.
    package static let deleteRenamed = Failpoint("delete.renamed")

    /// The object no longer exists; all its files do.
    package static let deleteWithdrawn = Failpoint("delete.withdrawn")

    /// The data is cut to nothing; the files have their names.
    package static let deleteDataCut = Failpoint("delete.data-cut")

    /// One more file is unlinked; the folder is there.
    package static let deleteFileUnlinked = Failpoint("delete.file-unlinked")

    /// Nothing is left on the disk; memory still counts the space.
    package static let deleteFolderRemoved = Failpoint("delete.folder-removed")

    // Making the pool of a loop tier, by `cairn pool create` or by a start.

    /// The state folder says where the pool is being made; nothing is there.
    package static let poolBegun = Failpoint("pool.begun")

    /// The pool has its marker; the note beside it is empty, and the state says that it is being made.
    package static let poolMarked = Failpoint("pool.marked")

    /// The note has the UUID; the state says that the pool is being made.
    package static let poolNoted = Failpoint("pool.noted")
}
