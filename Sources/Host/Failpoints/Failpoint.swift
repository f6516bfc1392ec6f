import DriverCore

/// Every step after which the tests kill the driver or make it fail.
///
/// A name says what has just been done; its line says what has not been done yet. Each is passed at
/// exactly one place (`Failpoint.pass`), and each by at least one crash test.
package enum Failpoint: String, Sendable, CaseIterable {
    // Making a volume or a snapshot.

    /// The folder `.creating-<id>` is there; no file is in it.
    case createFolderMade = "create.folder-made"
    /// The data file is there and empty; no space is counted for it.
    case createDataMade = "create.data-made"
    /// Space of a thin file or of a copy is counted; the file is as it was. Growth passes here too.
    case spaceReserved = "space.reserved"
    /// All blocks of a thick file are given; they count as owed still. Growth passes here too.
    case spaceAllocated = "space.allocated"
    /// A reflink is cut; the source may be frozen, and the copy has the source's size.
    case copyShared = "copy.shared"
    /// A part of a copy by hand is written; the source may be frozen, and the rest is missing.
    case copyPart = "copy.part"
    /// A copy by hand has all data; the source may be frozen, and the copy may be too short.
    case copyWhole = "copy.whole"
    /// The data has size and contents; nothing is synced, and there is no record.
    case createFilled = "create.filled"
    /// The data is on the disk; there is no record.
    case createDataSynced = "create.data-synced"
    /// The record is written; neither it nor the folder is synced.
    case createRecordWritten = "create.record-written"
    /// Everything is on the disk under the name `.creating-<id>`.
    case createCompleted = "create.completed"
    /// The folder is renamed to `<id>`; the rename is not on the disk.
    case createRenamed = "create.renamed"
    /// The object exists; memory does not know it, and nobody was answered.
    case createPublished = "create.published"
    /// A failed create has taken its name back; its files are still there.
    case createWithdrawn = "create.withdrawn"

    // Keeping a mounted source still.

    /// The mark `frozen` is on the disk; nothing is frozen.
    case freezeMarked = "freeze.marked"
    /// The source is frozen; nothing is copied.
    case freezeFrozen = "freeze.frozen"
    /// The source is thawed; the mark is still there.
    case freezeThawed = "freeze.thawed"
    /// The mark is gone; the copy is still a draft.
    case freezeUnmarked = "freeze.unmarked"

    // Changing a record: growth and setContents.

    /// The new record lies beside the old one, which still counts.
    case recordDrafted = "record.drafted"
    /// The new record has the name; the rename is not on the disk, and memory has the old one.
    case recordRenamed = "record.renamed"
    /// The new record is on the disk; memory has the old one.
    case recordReplaced = "record.replaced"

    // Growing a volume.

    /// The file has its new size; it is not synced, and the record has the old size.
    case expandFileGrown = "expand.file-grown"
    /// The file is grown and synced; the record has the old size.
    case expandFileSynced = "expand.file-synced"
    /// File and record are grown; the device has the old size.
    case expandRecorded = "expand.recorded"
    /// The device is grown; the file system is not.
    case expandDeviceTold = "expand.device-told"
    /// The file system is grown; nobody was answered.
    case expandFilesystemGrown = "expand.filesystem-grown"

    // Removing a volume or a snapshot, or what is left of one.

    /// The device is detached; the object is whole.
    case deleteDetached = "delete.detached"
    /// The folder is renamed to `.deleting-<id>`; the rename is not on the disk.
    case deleteRenamed = "delete.renamed"
    /// The object does not exist any more; all its files do.
    case deleteWithdrawn = "delete.withdrawn"
    /// The data is cut to nothing; the files have their names.
    case deleteDataCut = "delete.data-cut"
    /// One more file is unlinked; the folder is there.
    case deleteFileUnlinked = "delete.file-unlinked"
    /// Nothing is left on the disk; memory still counts the space.
    case deleteFolderRemoved = "delete.folder-removed"

    // Staging.

    /// The staging folder is there; nothing is attached.
    case stageFolderMade = "stage.folder-made"
    /// The device is attached; it was not looked at.
    case stageAttached = "stage.attached"
    /// The record says `formatting`; mkfs was not started.
    case formatMarked = "format.marked"
    /// mkfs is done and flushed; the record says `formatting`.
    case formatMade = "format.made"
    /// The record says `formatted`; nothing was mounted yet.
    case formatRecorded = "format.recorded"
    /// A copy has an identity of its own; the record says `copied`.
    case formatCopyPrepared = "format.copy-prepared"
    /// A block volume is recorded as the user's; no device is attached.
    case stageRawMarked = "stage.raw-marked"
    /// The device is attached, and mounted unless it is for raw use; that is not noted.
    case stageMade = "stage.made"
    /// The file system is mounted; it is not grown to its volume.
    case stageMounted = "stage.mounted"
    /// The file system is mounted and grown; a failure takes the mount back.
    case stageGrown = "stage.grown"
    /// The staging is noted; nobody was answered.
    case stageNoted = "stage.noted"
    /// A published volume's mount is taken off the staging path; the device is attached.
    case unstageUnmounted = "unstage.unmounted"
    /// The device is detached; the note says that the volume is staged.
    case unstageDetached = "unstage.detached"
    /// The note is gone; nobody was answered.
    case unstageNoted = "unstage.noted"

    // Publishing.

    /// The target is there; nothing is mounted on it.
    case publishTargetMade = "publish.target-made"
    /// The target shows the volume; that is not noted.
    case publishBound = "publish.bound"
    /// The publication is noted; nobody was answered.
    case publishNoted = "publish.noted"
    /// The target is unmounted; it still exists.
    case unpublishUnmounted = "unpublish.unmounted"
    /// The target is gone; the note says that it is in use.
    case unpublishTargetRemoved = "unpublish.target-removed"
    /// The note is gone; nobody was answered.
    case unpublishNoted = "unpublish.noted"

    // Making the pool of a loop tier, by `cairn pool create` or by a start.

    /// The state folder says where the pool is being made; nothing is there.
    case poolBegun = "pool.begun"
    /// The pool has its marker; the note beside it is empty, and the state says that it is being made.
    case poolMarked = "pool.marked"
    /// The note has the UUID; the state says that the pool is being made.
    case poolNoted = "pool.noted"

    // Inline volumes.

    /// The volume exists; its target does not.
    case ephemeralMade = "ephemeral.made"
    /// The target is there; nothing is attached or mounted.
    case ephemeralTargetMade = "ephemeral.target-made"
    /// The target shows the volume; that is not noted.
    case ephemeralMounted = "ephemeral.mounted"
    /// The publication is noted; nobody was answered.
    case ephemeralNoted = "ephemeral.noted"
    /// A failed publish has taken its target back; the volume exists.
    case ephemeralTargetUndone = "ephemeral.target-undone"
    /// The device is detached; the volume exists.
    case ephemeralDetached = "ephemeral.detached"
    /// The volume is gone; its note is there.
    case ephemeralRemoved = "ephemeral.removed"

    // Changing a volume group. Every operation on a tier of LVM passes the first two at each of its
    // commands; the tests prove these in the guest, as few hosts have device mapper.

    /// The turn to change the group has come; the command of LVM was not started.
    case lvmCommandNext = "lvm.command-next"
    /// The command of LVM has done its work; the driver does not know it yet.
    case lvmCommandDone = "lvm.command-done"
    /// The kernel has the device of a volume; nobody has used it.
    case lvmDeviceFound = "lvm.device-found"
    /// A part of a device is written over with zeros, which may not be on the disk yet.
    case lvmPartZeroed = "lvm.part-zeroed"
    /// A part of a device is copied, and may not be on the disk yet; the rest is missing.
    case lvmPartCopied = "lvm.part-copied"

    /// Whether only tiers of LVM pass it.
    package var isOfLVM: Bool { rawValue.hasBytePrefix("lvm.") }

    /// Whether only the making of a pool passes it.
    package var isOfPool: Bool { rawValue.hasBytePrefix("pool.") }

    /// Whether everything is done here, so that no failure of a real step can follow.
    ///
    /// Such a step can only be killed after.
    package var isLast: Bool {
        switch self {
        case .expandFilesystemGrown, .stageNoted, .unstageNoted, .publishNoted, .unpublishNoted,
            .ephemeralNoted:
            true
        default: false
        }
    }
}
