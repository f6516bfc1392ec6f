import Backend
import CSIMessages
import Configuration
import DriverCore
import Host

/// A tier as it is shown.
struct TierView: Encodable {
    enum State: String, Encodable {
        case ready
        /// It cannot serve now, most likely since a disk is missing.
        case unavailable
        /// It serves, and a reboot or the end of a container takes every volume, which the tiers file
        /// does not allow.
        case volatile
        /// The pool is there, and the driver that answers makes no volumes in it now.
        case notServed = "not served"

        fileprivate init(_ state: TierOverview.State) {
            self =
                switch state {
                case .ready: .ready
                case .unavailable: .unavailable
                case .volatile: .volatile
                }
        }
    }

    /// nil for the driver's default tier without a tiers file.
    var name: String?
    var isDefault: Bool
    var state: State
    var kind: String?
    var provisioning: String?
    var overcommit: Double?
    var filesystem: String?
    /// The size that volumes may have together; known only on the driver's node.
    var totalBytes: Int64?
    var availableBytes: Int64?
    var maximumVolumeBytes: Int64?

    init(default answer: GetCapacityResponse) {
        isDefault = true
        state = .ready
        take(answer)
    }

    /// `answer` is nil where the driver refuses to answer for the tier.
    init(
        _ tier: TierConfiguration,
        _ inspection: (any TierInspection)?,
        _ answer: GetCapacityResponse?
    ) {
        name = tier.name
        isDefault = tier.isDefault
        filesystem = tier.filesystem.rawValue
        kind = type(of: tier.storage).key
        // A driver names the smallest volume of every tier in which it makes any.
        state = answer?.minimumVolumeSize == nil ? .notServed : .ready
        if let overview = inspection?.overview(
            available: (answer?.availableCapacity).map { ByteCount($0) }
        ) {
            provisioning = overview.provisioning
            overcommit = overview.overcommit
            totalBytes = overview.total?.bytes
            if overview.state != .ready { state = State(overview.state) }
        }
        if let answer { take(answer) }
    }

    private mutating func take(_ answer: GetCapacityResponse) {
        availableBytes = answer.availableCapacity
        maximumVolumeBytes = answer.maximumVolumeSize
    }

    /// In percent of the total; nil where that is not known.
    private var usedPercent: Int? {
        guard let totalBytes, let availableBytes, totalBytes > 0 else { return nil }
        let used = max(0, totalBytes - availableBytes)
        return Int((Double(used) / Double(totalBytes) * 100).rounded())
    }

    private static let barWidth = 20

    private var used: String? {
        usedPercent.map { percent in
            let bar = Bar.text(part: percent, of: 100, width: Self.barWidth)
            return Terminal.isOutput ? "\(bar) \(percent)%" : "\(percent)%"
        }
    }

    static func table(_ tiers: [TierView]) -> String {
        var table = TextTable([
            .init(title: "TIER"), .init(title: "KIND"), .init(title: "FILESYSTEM"),
            .init(title: "TOTAL", alignment: .right), .init(title: "AVAILABLE", alignment: .right),
            .init(title: "LARGEST", alignment: .right), .init(title: "USED"),
            .init(title: "STATE"),
        ])
        for tier in tiers {
            let name = tier.name.map { tier.isDefault ? "\($0) (default)" : $0 } ?? "(default)"
            table.add([
                name,
                [tier.provisioning, tier.kind].compactMap(\.self).joined(separator: " "),
                tier.filesystem,
                tier.totalBytes.map { ByteCount($0).short },
                tier.availableBytes.map { ByteCount($0).short },
                tier.maximumVolumeBytes.map { ByteCount($0).short },
                tier.used,
                tier.state.rawValue,
            ])
        }
        return table.text
    }
}
