package import Host

/// The steps of the Node service.
extension Failpoint {
    /// All of them.
    package static let ofNodeService: [Failpoint] = [
        .expandFilesystemGrown, .stageFolderMade, .stageRawMarked, .stageMade, .stageNoted,
        .unstageUnmounted, .unstageDetached, .unstageNoted, .publishTargetMade, .publishBound,
        .publishNoted, .unpublishUnmounted, .unpublishTargetRemoved, .unpublishNoted,
        .ephemeralMade, .ephemeralTargetMade, .ephemeralMounted, .ephemeralNoted,
        .ephemeralTargetUndone, .ephemeralDetached, .ephemeralRemoved,
    ]

    // Growing a volume.

    /// The file system is grown; nobody was answered.
    package static let expandFilesystemGrown = Failpoint("expand.filesystem-grown", isLast: true)

    // Staging.

    /// The staging folder is there; nothing is attached.
    package static let stageFolderMade = Failpoint("stage.folder-made")

    /// A block volume is recorded as the user's; no device is attached.
    package static let stageRawMarked = Failpoint("stage.raw-marked")

    /// The device is attached, and mounted unless it is for raw use; that is not noted.
    package static let stageMade = Failpoint("stage.made")

    /// The staging is noted; nobody was answered.
    package static let stageNoted = Failpoint("stage.noted", isLast: true)

    /// A published volume's mount is taken off the staging path; the device is attached.
    package static let unstageUnmounted = Failpoint("unstage.unmounted")

    /// The device is detached; the note says that the volume is staged.
    package static let unstageDetached = Failpoint("unstage.detached")

    /// The note is gone; nobody was answered.
    package static let unstageNoted = Failpoint("unstage.noted", isLast: true)

    // Publishing.

    /// The target is there; nothing is mounted on it.
    package static let publishTargetMade = Failpoint("publish.target-made")

    /// The target shows the volume; that is not noted.
    package static let publishBound = Failpoint("publish.bound")

    /// The publication is noted; nobody was answered.
    package static let publishNoted = Failpoint("publish.noted", isLast: true)

    /// The target is unmounted; it still exists.
    package static let unpublishUnmounted = Failpoint("unpublish.unmounted")

    /// The target is gone; the note says that it is in use.
    package static let unpublishTargetRemoved = Failpoint("unpublish.target-removed")

    /// The note is gone; nobody was answered.
    package static let unpublishNoted = Failpoint("unpublish.noted", isLast: true)

    // Inline volumes.

    /// The volume exists; its target does not.
    package static let ephemeralMade = Failpoint("ephemeral.made")

    /// The target is there; nothing is attached or mounted.
    package static let ephemeralTargetMade = Failpoint("ephemeral.target-made")

    /// The target shows the volume; that is not noted.
    package static let ephemeralMounted = Failpoint("ephemeral.mounted")

    /// The publication is noted; nobody was answered.
    package static let ephemeralNoted = Failpoint("ephemeral.noted", isLast: true)

    /// A failed publish has taken its target back; the volume exists.
    package static let ephemeralTargetUndone = Failpoint("ephemeral.target-undone")

    /// The device is detached; the volume exists.
    package static let ephemeralDetached = Failpoint("ephemeral.detached")

    /// The volume is gone; its note is there.
    package static let ephemeralRemoved = Failpoint("ephemeral.removed")
}
