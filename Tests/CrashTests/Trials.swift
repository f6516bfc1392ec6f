import BackendLoop
import CSIServices
import DriverCore
import DriverHarness
import Host
import NodeStorage

/// Which failpoints each story passes.
enum Trials {
    /// Every trial of a pool, with a kill.
    static func kills(on kind: PoolKind) -> [Trial] {
        // What lies above the pool is gone through on one pool or two.
        let node = kind == .xfsThin ? publishing : staging
        return making(on: kind) + changing(on: kind) + node
    }

    /// Every trial of a pool whose step can fail; each error in turn, another one on another pool.
    static func errors(on kind: PoolKind) -> [Trial] {
        let actions: [Failpoint.Action] = [.enospc, .ebusy, .eio]
        let first = PoolKind.allCases.firstIndex(of: kind) ?? 0
        return kills(on: kind).filter { !$0.point.isLast }.enumerated().map { index, trial in
            var trial = trial
            trial.action = actions[(first + index) % actions.count]
            return trial
        }
    }

    private static func making(on kind: PoolKind) -> [Trial] {
        let whole: [Failpoint] = [
            .createFolderMade, .createDataMade, .createFilled, .createDataSynced,
            .createRecordWritten, .createCompleted, .createRenamed, .createPublished,
        ]
        let freeze: [Failpoint] = [.freezeMarked, .freezeFrozen, .freezeThawed, .freezeUnmarked]
        let copy: [Failpoint] = kind.filesystem == .ext4 ? [.copyWhole] : [.copyShared]
        let space: [Failpoint] = kind.isThick ? [.spaceAllocated] : [.spaceReserved]
        let part = kind.filesystem == .ext4
        return of(.create, whole + space)
            + of(.failedCreate, [.createWithdrawn, .deleteDataCut, .deleteFolderRemoved])
            + of(.snapshot, whole + freeze + copy + [.spaceReserved])
            + of(.clone, freeze + copy + [.createFilled, .createRenamed])
            + of(.restore, copy + [.spaceReserved, .createCompleted, .createRenamed])
            + (part ? of(.clone, [.copyPart], passing: 2) + of(.restore, [.copyPart]) : [])
            + of(.ephemeral, [.createRenamed, .createPublished, .formatMarked, .formatMade])
    }

    private static func changing(on kind: PoolKind) -> [Trial] {
        let record: [Failpoint] = [.recordDrafted, .recordRenamed, .recordReplaced]
        let delete: [Failpoint] = [
            .deleteDetached, .deleteRenamed, .deleteWithdrawn, .deleteDataCut,
            .deleteFileUnlinked, .deleteFolderRemoved,
        ]
        let grow: [Failpoint] = [
            .expandFileGrown, .expandFileSynced, .expandRecorded, .expandDeviceTold,
            .expandFilesystemGrown, kind.isThick ? .spaceAllocated : .spaceReserved,
        ]
        return of(.expand, grow + record) + of(.deleteVolume, delete) + of(.deleteSnapshot, delete)
            + of(.deleteVolume, [.deleteFileUnlinked], passing: 2)
    }

    private static let staging: [Trial] = {
        let record: [Failpoint] = [.recordDrafted, .recordRenamed, .recordReplaced]
        let mount: [Failpoint] = [
            .stageAttached, .stageMounted, .stageGrown, .stageMade, .stageNoted,
        ]
        let format: [Failpoint] = [.formatMarked, .formatMade, .formatRecorded]
        return of(.stage, mount + format + record + [.stageFolderMade])
            + of(.stage, record, passing: 2) + of(.stageAgain, mount)
            + of(.stageCopy, mount + record + [.formatCopyPrepared])
            + of(.stageBlock, record + [.stageRawMarked, .stageMade, .stageNoted])
            + of(.unstage, [.unstageUnmounted, .unstageDetached, .unstageNoted])
    }()

    private static let publishing: [Trial] = {
        let publish: [Failpoint] = [.publishTargetMade, .publishBound, .publishNoted]
        let unpublish: [Failpoint] = [.unpublishUnmounted, .unpublishTargetRemoved]
        return of(.publish, publish) + of(.publishBlock, publish)
            + of(.unpublish, unpublish + [.unpublishNoted])
            + of(.ephemeral, [.ephemeralMade, .ephemeralTargetMade, .stageAttached, .stageMounted])
            + of(.ephemeral, [.ephemeralMounted, .ephemeralNoted])
            + of(.failedEphemeral, [.ephemeralTargetUndone, .ephemeralDetached, .deleteRenamed])
            + of(.ephemeralUnpublish, unpublish + [.ephemeralDetached, .ephemeralRemoved])
            + of(.ephemeralUnpublish, [.deleteWithdrawn, .deleteFileUnlinked, .unpublishNoted])
    }()

    private static func of(_ story: Story, _ points: [Failpoint], passing: Int = 1) -> [Trial] {
        points.map { Trial(story: story, point: $0, passing: passing) }
    }
}
