import Backend
import CSIMessages
import DriverCore
import Telemetry

/// A snapshot as it is shown.
struct SnapshotView: Encodable {
    let id: String
    let sizeBytes: Int64
    let sourceID: String
    let created: String?
    let isReady: Bool
    var name: String?
    var tier: String?
    /// The source's name, while it exists.
    var source: String?

    init(_ snapshot: Snapshot, on node: LocalNode) {
        id = snapshot.snapshotID
        sizeBytes = snapshot.sizeBytes
        sourceID = snapshot.sourceVolumeID
        created = snapshot.creationTime?.rfc3339
        isReady = snapshot.readyToUse
        if let record = SnapshotID(parsing: snapshot.snapshotID).flatMap(node.record) {
            name = record.name
            tier = record.tier
        }
        source = VolumeID(parsing: snapshot.sourceVolumeID).flatMap(node.record)?.name
    }

    private var size: ByteCount { ByteCount(sizeBytes) }

    var text: String {
        var facts = FactList()
        facts.add("name", name)
        facts.add("id", id)
        facts.add("size", "\(size.short) (\(size.bytes) bytes)")
        facts.add("tier", tier)
        facts.add("source", source.map { "\($0) (\(sourceID))" } ?? sourceID)
        facts.add("created", created)
        facts.add("ready", isReady ? "yes" : "no")
        return facts.text
    }

    static func table(_ snapshots: [SnapshotView]) -> String {
        var table = TextTable([
            .init(title: "NAME"), .init(title: "SIZE", alignment: .right), .init(title: "TIER"),
            .init(title: "SOURCE"), .init(title: "CREATED"), .init(title: "READY"),
            .init(title: "ID"),
        ])
        for snapshot in snapshots {
            table.add([
                snapshot.name, snapshot.size.short, snapshot.tier,
                snapshot.source ?? snapshot.sourceID, snapshot.created,
                snapshot.isReady ? "yes" : "no", snapshot.id,
            ])
        }
        return table.text
    }
}
