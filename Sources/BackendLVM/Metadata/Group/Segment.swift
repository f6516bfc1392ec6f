/// A run of a logical volume's extents, and where they are.
struct Segment: Sendable, Hashable {
    /// A place on a physical volume (by its name in the text), or in another logical volume.
    struct Area: Sendable, Hashable {
        let holder: String
        /// In extents of the holder.
        let start: Int
    }

    enum Kind: Sendable, Hashable {
        /// Plain extents: one area is linear, several are striped.
        case striped(stripeSizeSectors: Int)
        case thin(ThinVolume)
        case thinPool(ThinPool)
        /// The hidden volume that ties a copy-on-write snapshot to its origin.
        case snapshot(CopyOnWriteSnapshot)
        case raid(RAID)
        /// Copies without RAID, as `pvmove` makes them.
        case mirror
        /// Anything else, by the name that LVM has for it: `cache`, `vdo`, `error`.
        case other(type: String)
    }

    /// The first extent within the volume.
    let start: Int
    let extents: Int
    let kind: Kind
    /// The extents that it takes from physical volumes or other volumes.
    let areas: [Area]
    /// The disks and volumes that it needs to be read, such as areas, legs or the pool.
    let references: [String]

    /// How many extents it takes in each of its areas.
    var extentsPerArea: Int {
        guard case .striped = kind, areas.count > 1 else { return extents }
        return (extents + areas.count - 1) / areas.count
    }
}

/// A volume whose blocks are in a thin pool.
struct ThinVolume: Sendable, Hashable {
    /// The pool's volume.
    let pool: String
    /// The number by which the pool's kernel metadata knows it.
    let deviceID: Int
    /// The volume of the same pool that it is a snapshot of; nil where that is gone or never was.
    let origin: String?
    /// A volume outside of the pool that it reads through.
    let externalOrigin: String?
    let transactionID: Int
    /// Whether it is being merged back: the volume that it becomes.
    let mergesInto: String?
}

/// The volume that stands for a thin pool.
struct ThinPool: Sendable, Hashable {
    /// The hidden volumes that hold the blocks and the mapping.
    let data: String
    let metadata: String
    let transactionID: Int
    let chunkSectors: Int
    let zeroesNewBlocks: Bool
    /// `ignore`, `nopassdown` or `passdown`.
    let discards: String
    /// Whether LVM has messages that it must still send to the pool.
    let hasMessages: Bool
}

/// A copy-on-write snapshot: the volume `store` is what users call the snapshot.
struct CopyOnWriteSnapshot: Sendable, Hashable {
    let origin: String
    let store: String
    let chunkSectors: Int
    /// Whether it is being merged back into its origin.
    let isMerging: Bool
}

/// Legs that hold data and parity; each leg is a hidden volume, or a pair of them.
struct RAID: Sendable, Hashable {
    struct Leg: Sendable, Hashable {
        /// `volume_rmeta_0`; nil for `raid0`, which keeps none.
        let metadata: String?
        /// `volume_rimage_0`.
        let data: String
    }

    /// `raid1`, `raid5`, `raid5_ls`, `raid6`, `raid10`, `raid0`.
    let type: String
    let legs: [Leg]
    /// Zero where the type has no stripes.
    let stripeSizeSectors: Int
    let regionSizeSectors: Int
}
