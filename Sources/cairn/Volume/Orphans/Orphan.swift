import CSIMessages
import DriverCore
import Telemetry

/// A volume or a snapshot that no object of Kubernetes names.
struct Orphan: Encodable {
    enum Kind: String, Encodable { case volume, snapshot }

    let kind: Kind
    let id: String
    let sizeBytes: Int64
    /// Whether it may be in the middle of its making: its object may come.
    let isYoung: Bool
    let ageSeconds: Int64
    let created: String?
    let name: String?
    let tier: String?
    /// `namespace/name` of the claim that it was made for.
    let claim: String?
    /// The volume that a snapshot was cut from.
    let sourceID: String?

    /// Younger ones are not called forgotten: the provisioner repeats a create for minutes before it
    /// makes the object.
    static let grace = Duration.seconds(600)

    init(_ volume: VolumeDescription, at time: Timestamp) {
        let created = Timestamp(unixNanoseconds: volume.createdUnixNanoseconds)
        kind = .volume
        id = volume.volumeID
        sizeBytes = volume.capacityBytes
        ageSeconds = max(0, time.seconds - created.seconds)
        isYoung = Self.isYoung(ageSeconds)
        self.created = created.rfc3339
        name = volume.name
        tier = volume.tier
        claim = volume.claim.isEmpty ? nil : "\(volume.claimNamespace)/\(volume.claim)"
        sourceID = nil
    }

    init(_ snapshot: Snapshot, at time: Timestamp) {
        kind = .snapshot
        id = snapshot.snapshotID
        sizeBytes = snapshot.sizeBytes
        created = snapshot.creationTime?.rfc3339
        // Of no known age it may be young.
        ageSeconds = snapshot.creationTime.map { max(0, time.seconds - $0.seconds) } ?? 0
        isYoung = Self.isYoung(ageSeconds)
        name = nil
        tier = nil
        claim = nil
        sourceID = snapshot.sourceVolumeID
    }

    private static func isYoung(_ seconds: Int64) -> Bool { seconds < grace.components.seconds }

    /// `3d`, `5h`, `12m` or `40s`: the largest unit that fits.
    private var age: String {
        for (seconds, unit) in [(86_400, "d"), (3600, "h"), (60, "m")] as [(Int64, String)]
        where ageSeconds >= seconds {
            return "\(ageSeconds / seconds)\(unit)"
        }
        return "\(ageSeconds)s"
    }

    static func table(_ orphans: [Orphan]) -> String {
        var table = TextTable([
            .init(title: "KIND"), .init(title: "AGE", alignment: .right),
            .init(title: "SIZE", alignment: .right), .init(title: "CLAIM"), .init(title: "TIER"),
            .init(title: "NOTE"), .init(title: "ID"),
        ])
        for orphan in orphans {
            table.add([
                orphan.kind.rawValue, orphan.age, ByteCount(orphan.sizeBytes).short, orphan.claim,
                orphan.tier, orphan.isYoung ? "young" : nil, orphan.id,
            ])
        }
        return table.text
    }
}
