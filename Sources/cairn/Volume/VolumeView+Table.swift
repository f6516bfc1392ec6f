import DriverCore

extension VolumeView {
    /// One line a volume, short enough to be read; the whole paths are for ``text``.
    static func table(_ volumes: [VolumeView]) -> String {
        // Only volumes of a cluster have claims.
        let hasClaims = volumes.contains { $0.claim != nil }
        var columns: [TextTable.Column] = [
            .init(title: "NAME"), .init(title: "SIZE", alignment: .right), .init(title: "TIER"),
            .init(title: "KIND"), .init(title: "USED BY"), .init(title: "ID"),
        ]
        if hasClaims { columns.insert(.init(title: "CLAIM"), at: 4) }
        var table = TextTable(columns)
        for volume in volumes {
            var cells = [
                volume.shortName, volume.size.short, volume.tier, volume.kind, volume.usedBy,
                volume.id,
            ]
            if hasClaims { cells.insert(volume.claim, at: 4) }
            table.add(cells)
        }
        return table.text
    }

    /// The first digits of the 64 that kubelet gives as the name of an inline volume.
    private var shortName: String? {
        isInline == true ? name?.shortened(toBytes: 16) : name
    }

    /// `pod 0a1b2c3d`, `/mnt/data`, `staged`; nil where nothing uses the volume.
    private var usedBy: String? {
        if targets.isEmpty { return staging == nil ? nil : "staged" }
        let shown = targets.prefix(Self.mostUsers).map(Self.user)
        let rest = targets.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private static let mostUsers = 2
    private static let longestTarget = 40

    /// The user of a target: kubelet's are `.../pods/<uid>/volumes/...` or `.../volumeDevices/...`.
    private static func user(of target: String) -> String {
        let parts = target.byteSplit(separator: "/")
        if let pods = parts.firstIndex(where: { $0 == "pods" }), pods + 2 < parts.count {
            return "pod \(parts[pods + 1].bytePrefix(before: "-"))"
        }
        // kubelet keeps published block devices in `.../publish/<volume>/<uid>`.
        if let publish = parts.firstIndex(where: { $0 == "publish" }), publish + 3 == parts.count {
            return "pod \(parts[publish + 2].bytePrefix(before: "-"))"
        }
        guard target.utf8.count > longestTarget, let last = parts.last else { return target }
        return "/.../" + last.shortened(toBytes: longestTarget)
    }
}
