/// The steps that backends share.
extension Failpoint {
    /// Steps of file operations.
    package static let ofFiles: [Failpoint] = [
        .copyPart, .recordDrafted, .recordRenamed,
    ]

    /// Steps of device operations.
    package static let ofDevices: [Failpoint] = [
        .devicePartZeroed, .devicePartCopied,
    ]

    // Copying a file.

    /// A part of a copy by hand is written; the source may be frozen, and the rest is missing.
    package static let copyPart = Failpoint("copy.part")

    // Changing a record: growth and setContents.

    /// The new record is next to the old one, which is still valid.
    package static let recordDrafted = Failpoint("record.drafted")

    /// The new record has the name; the rename is not on the disk, and memory has the old one.
    package static let recordRenamed = Failpoint("record.renamed")

    // Writing to a device.

    /// A part of a device is overwritten with zeros, which may not be on the disk yet.
    package static let devicePartZeroed = Failpoint("device.part-zeroed")

    /// A part of a device is copied, and may not be on the disk yet; the rest is missing.
    package static let devicePartCopied = Failpoint("device.part-copied")
}
