package import DriverCore

/// The kernel's status of a thin pool.
///
/// Source: the kernel's Documentation/admin-guide/device-mapper/thin-provisioning.rst, and
/// pool_status in drivers/md/dm-thin.c.
package enum ThinPoolStatus: Sendable, Hashable {
    case working(ThinPoolUsage)
    /// It answers all reads and writes with errors; only a repair helps.
    case failed
    /// It could not read its own metadata just now ("Error").
    case unreadable

    /// Throws `unavailable` where the text is not a pool's.
    package init(parsing status: String) throws(DriverError) {
        self =
            switch status {
            case "Fail": .failed
            case "Error": .unreadable
            default: .working(try ThinPoolUsage(parsing: status))
            }
    }
}

/// The fill levels and the mode of a pool that works.
package struct ThinPoolUsage: Sendable, Hashable {
    package enum Mode: Sendable, Hashable, CaseIterable {
        case readWrite
        /// The metadata is full or damaged: nothing can be allocated, and no message is taken.
        case readOnly
        /// The data is full: writes to new blocks wait or fail, see ``queuesWhenFull``.
        case outOfDataSpace
    }

    /// Goes up with each change of the pool's volumes.
    package let transactionID: UInt64
    /// In blocks of 4 KiB.
    package let usedMetadataBlocks: UInt64
    /// In blocks of 4 KiB.
    package let totalMetadataBlocks: UInt64
    /// In the pool's chunks.
    package let usedDataBlocks: UInt64
    /// In the pool's chunks.
    package let totalDataBlocks: UInt64
    /// Whether a program (thin_delta, a backup tool) holds a snapshot of the metadata.
    package let isMetadataHeld: Bool
    package let mode: Mode
    /// Whether discards are passed on to the disks.
    package let passesDiscardsDown: Bool
    /// Whether writes to a full pool wait for room; they fail at once otherwise.
    package let queuesWhenFull: Bool
    /// Whether the metadata was marked for a check, after which only a repair lets it be written.
    package let needsCheck: Bool

    init(parsing status: String) throws(DriverError) {
        var words = StatusWords(status, of: "thin-pool")
        transactionID = try words.number()
        (usedMetadataBlocks, totalMetadataBlocks) = try words.ratio()
        (usedDataBlocks, totalDataBlocks) = try words.ratio()
        isMetadataHeld = try words.word() != "-"
        mode = try words.choice([
            "rw": .readWrite, "ro": .readOnly, "out_of_data_space": .outOfDataSpace,
        ])
        passesDiscardsDown = try words.choice([
            "discard_passdown": true, "no_discard_passdown": false, "ignore_discard": false,
        ])
        queuesWhenFull = try words.choice(["queue_if_no_space": true, "error_if_no_space": false])
        needsCheck = try words.choice(["needs_check": true, "-": false])
    }
}
