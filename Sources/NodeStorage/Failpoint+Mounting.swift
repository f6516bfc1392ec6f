package import Host

/// The steps of making a volume ready and mounting it.
extension Failpoint {
    /// In the order in which a stage passes them.
    package static let ofMounting: [Failpoint] = [
        .stageAttached, .formatMarked, .formatMade, .formatRecorded, .formatCopyPrepared,
        .stageMounted, .stageGrown,
    ]

    // Staging.

    /// The device is attached, but not probed yet.
    package static let stageAttached = Failpoint("stage.attached")

    /// The record says `formatting`; mkfs was not started.
    package static let formatMarked = Failpoint("format.marked")

    /// mkfs is done and flushed; the record says `formatting`.
    package static let formatMade = Failpoint("format.made")

    /// The record says `formatted`; nothing was mounted yet.
    package static let formatRecorded = Failpoint("format.recorded")

    /// A copy has an identity of its own; the record says `copied`.
    package static let formatCopyPrepared = Failpoint("format.copy-prepared")

    /// The file system is mounted; it is not grown to its volume.
    package static let stageMounted = Failpoint("stage.mounted")

    /// The file system is mounted and grown; a failure takes the mount back.
    package static let stageGrown = Failpoint("stage.grown")
}
