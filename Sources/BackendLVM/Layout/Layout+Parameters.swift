package import Backend
import DriverCore

extension Layout: Tailoring {
    package var lack: String {
        "its volumes have no layout: the parameters raid, stripes and stripeSize are for "
            + "LVM tiers without a thin pool"
    }

    /// The StorageClass parameters for the layout of volumes.
    package static let parameters = ClassParameters(
        keys: LayoutParameters.keys,
        synonyms: [
            "raidlevel": "raid", "volumegroup": "tier", "vgname": "tier", "thinpool": "tier",
        ]
    ) { (parameters) throws(DriverError) in
        try LayoutParameters.layout(in: parameters)
    }
}

/// Reads them.
///
/// Any of them takes the place of the tier's whole layout, so that a class says what it gets.
private enum LayoutParameters {
    static let keys = ["raid", "stripes", "stripeSize"]
    /// The value for no RAID where the tier has one.
    private static let noRAID = "none"

    /// The layout, or nil where the class leaves it to the tier.
    static func layout(in parameters: [String: String]) throws(DriverError) -> Layout? {
        guard keys.contains(where: { parameters[$0] != nil }) else { return nil }
        let raid = try raid(parameters["raid"])
        let layout = Layout(
            raid: raid,
            stripes: try stripes(parameters["stripes"], raid),
            stripeSize: try stripeSize(parameters["stripeSize"])
        )
        guard layout.stripeSize == nil || layout.stripes > 1 else {
            throw DriverError(
                .invalidRequest,
                "parameter 'stripeSize' is accepted only with more than one stripe"
            )
        }
        return layout
    }

    private static func raid(_ text: String?) throws(DriverError) -> Layout.RAID? {
        guard let text, text != noRAID else { return nil }
        guard let raid = Layout.RAID(rawValue: text) else {
            let levels = Layout.RAID.allCases.map(\.rawValue)
            throw refusal("raid", text, accepted: ([noRAID] + levels).joined(separator: ", "))
        }
        return raid
    }

    private static func stripes(_ text: String?, _ raid: Layout.RAID?) throws(DriverError) -> Int? {
        guard let text else { return nil }
        guard let count = Int(text), Layout.stripes(of: raid).contains(count) else {
            throw refusal("stripes", text, accepted: Layout.acceptedStripes(of: raid))
        }
        return count
    }

    private static func stripeSize(_ text: String?) throws(DriverError) -> ByteCount? {
        guard let text else { return nil }
        guard let size = ByteCount(parsing: text), Layout.isStripeSize(size) else {
            throw refusal("stripeSize", text, accepted: Layout.acceptedStripeSizes)
        }
        return size
    }

    private static func refusal(_ key: String, _ text: String, accepted: String) -> DriverError {
        DriverError(
            .invalidRequest,
            "parameter '\(key)' is '\(text.shortened(toBytes: 32))'; accepted: \(accepted)"
        )
    }
}
