import DriverCore

extension LogicalVolume {
    /// The layout of the volume; nil for layouts that Cairn does not make: a mirror, a cache, a
    /// part that is an error.
    ///
    /// A volume of several stretches has the layout of the last, which is the one that grows.
    var layout: Layout? {
        switch segments.last?.kind {
        case .striped(let sectors)?:
            let stripes = segments.last?.areas.count ?? 0
            return stripes > 0 ? Self.layout(nil, stripes, sectors) : nil
        case .raid(let raid)?: return raid.layout
        case .thin, .thinPool, .snapshot, .mirror, .other, nil: return nil
        }
    }

    fileprivate static func layout(_ raid: Layout.RAID?, _ stripes: Int, _ sectors: Int) -> Layout {
        let hasSize = stripes > 1 && sectors > 0
        return Layout(
            raid: raid,
            stripes: stripes,
            stripeSize: hasSize ? ByteCount(Int64(sectors) * 512) : nil
        )
    }
}

extension RAID {
    /// Variants of a level place parity in other ways, and are called `raid5_ls` or `raid6_zr`.
    fileprivate var layout: Layout? {
        guard let level = Layout.RAID(rawValue: String(type.bytePrefix(before: "_"))) else {
            return nil
        }
        let stripes =
            switch level {
            case .raid0: legs.count
            case .raid1: 1
            case .raid5: legs.count - 1
            case .raid6: legs.count - 2
            case .raid10: legs.count / 2
            }
        guard Layout.stripes(of: level).contains(stripes) else { return nil }
        return LogicalVolume.layout(level, stripes, stripeSizeSectors)
    }
}
