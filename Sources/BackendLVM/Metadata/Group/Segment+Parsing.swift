import DriverCore

extension Segment {
    init(_ section: ConfigSection) throws(DriverError) {
        start = try section.integer("start_extent", in: 0...Limits.mostExtents)
        extents = try section.integer("extent_count", in: 1...Limits.mostExtents)
        // Flags that an older LVM must not overlook follow the name: `raid1+FLAG`.
        let type = try section.string("type")
        let name = String(type.bytePrefix(before: "+"))
        kind = try Kind(name, section)
        areas = try Self.areas(of: kind, section)
        references = kind.names(areas: areas, section)
        let expected = try section.integer("stripe_count", in: 1...Limits.mostExtents, else: 1)
        if case .striped = kind, areas.count != expected {
            throw section.wrong("stripes", "not a list of \(expected) areas")
        }
    }

    private static func areas(of kind: Kind, _ section: ConfigSection) throws(DriverError)
        -> [Area]
    {
        let pairs =
            switch kind {
            case .striped: try section.pairs("stripes")
            case .mirror: try section.pairs("mirrors")
            case .thin, .thinPool, .snapshot, .raid: [] as [(name: String, number: Int)]
            // What is not known is taken to use all that it names, so that no extent that is used
            // counts as free.
            case .other: section.allPairs()
            }
        return pairs.map { Area(holder: $0.name, start: $0.number) }
    }
}

extension Segment.Kind {
    fileprivate init(_ type: String, _ section: ConfigSection) throws(DriverError) {
        switch type {
        case "striped":
            self = .striped(stripeSizeSectors: try section.sectors("stripe_size"))
        case "thin": self = .thin(try ThinVolume(section))
        case "thin-pool": self = .thinPool(try ThinPool(section))
        case "snapshot": self = .snapshot(try CopyOnWriteSnapshot(section))
        case "mirror": self = .mirror
        case _ where type.hasBytePrefix("raid"): self = .raid(try RAID(type, section))
        default: self = .other(type: type)
        }
    }

    fileprivate func names(areas: [Segment.Area], _ section: ConfigSection) -> [String] {
        switch self {
        case .striped, .mirror: areas.map(\.holder)
        case .thin(let thin): [thin.pool] + [thin.externalOrigin].compactMap(\.self)
        case .thinPool(let pool): [pool.data, pool.metadata]
        case .snapshot(let snapshot): [snapshot.origin, snapshot.store]
        case .raid(let raid): raid.legs.flatMap { [$0.metadata, $0.data].compactMap(\.self) }
        case .other: section.allStrings(except: "type")
        }
    }
}

extension ThinVolume {
    fileprivate init(_ section: ConfigSection) throws(DriverError) {
        pool = try section.string("thin_pool")
        deviceID = try section.integer("device_id", in: 0...Limits.mostExtents)
        origin = try section.optionalString("origin")
        externalOrigin = try section.optionalString("external_origin")
        transactionID = try section.integer("transaction_id", in: 0...Int.max)
        mergesInto = try section.optionalString("merge")
    }
}

extension ThinPool {
    fileprivate init(_ section: ConfigSection) throws(DriverError) {
        data = try section.string("pool")
        metadata = try section.string("metadata")
        transactionID = try section.integer("transaction_id", in: 0...Int.max)
        chunkSectors = try section.sectors("chunk_size")
        zeroesNewBlocks = try section.integer("zero_new_blocks", in: 0...1, else: 0) == 1
        discards = try section.optionalString("discards") ?? "ignore"
        hasMessages = section.sections().contains { $0.name.hasBytePrefix("message") }
    }
}

extension CopyOnWriteSnapshot {
    fileprivate init(_ section: ConfigSection) throws(DriverError) {
        origin = try section.string("origin")
        chunkSectors = try section.sectors("chunk_size")
        if let merging = try section.optionalString("merging_store") {
            store = merging
            isMerging = true
        } else {
            store = try section.string("cow_store")
            isMerging = false
        }
    }
}

extension RAID {
    fileprivate init(_ type: String, _ section: ConfigSection) throws(DriverError) {
        self.type = type
        stripeSizeSectors = try section.sectors("stripe_size")
        regionSizeSectors = try section.sectors("region_size")
        let alone = try section.strings("raid0_lvs")
        guard alone.isEmpty else {
            legs = alone.map { Leg(metadata: nil, data: $0) }
            return
        }
        let names = try section.strings("raids")
        guard !names.isEmpty, names.count.isMultiple(of: 2) else {
            throw section.wrong("raids", "not a list of pairs")
        }
        legs = stride(from: 0, to: names.count, by: 2).map { index in
            Leg(metadata: names[index], data: names[index + 1])
        }
    }
}

extension ConfigSection {
    fileprivate func sectors(_ key: String) throws(DriverError) -> Int {
        try integer(key, in: 0...Limits.mostExtents, else: 0)
    }
}
