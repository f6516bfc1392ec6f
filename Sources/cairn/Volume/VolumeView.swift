import Backend
import CSIMessages
import DriverCore
import Telemetry

/// A volume for output: what CSI reports, and what this host knows in addition.
struct VolumeView: Encodable {
    let id: String
    let sizeBytes: Int64
    var name: String?
    var tier: String?
    var filesystem: String?
    var isBlock: Bool?
    /// Made for one pod, and removed with it.
    var isInline: Bool?
    /// `blank`, `formatted`, ...
    var contents: String?
    var created: String?
    var claim: String?
    /// `snapshot s1-...` or `volume v1-...`.
    var source: String?
    var device: String?
    var staging: String?
    var targets: [String] = []

    init(_ volume: Volume, on node: LocalNode) {
        id = volume.volumeID
        sizeBytes = volume.capacityBytes
        source = volume.contentSource.flatMap(Self.text)
        guard let id = VolumeID(parsing: volume.volumeID) else { return }
        if let record = node.record(id) { take(record) }
        guard let place = node.place(of: id) else { return }
        device = place.device
        staging = place.staging
        targets = place.targets
    }

    private mutating func take(_ record: VolumeRecord) {
        name = record.name
        tier = record.tier
        isBlock = record.capabilities.allSatisfy(\.isBlock)
        isInline = record.isEphemeral
        filesystem = record.filesystem?.rawValue
        contents = record.contents.rawValue
        created = record.created.rfc3339
        claim = record.claim.claim.map { "\(record.claim.namespace ?? "default")/\($0)" }
    }

    private static func text(_ source: VolumeContentSource) -> String? {
        switch source.type {
        case .snapshot(let snapshot): "snapshot \(snapshot.snapshotID)"
        case .volume(let volume): "volume \(volume.volumeID)"
        case nil: nil
        }
    }

    var size: ByteCount { ByteCount(sizeBytes) }

    var kind: String? {
        let kind = isBlock == true ? "block" : filesystem
        return isInline == true ? kind.map { "\($0), inline" } ?? "inline" : kind
    }

    /// Everything that is known, one fact a line.
    var text: String {
        var facts = FactList()
        facts.add("name", name)
        facts.add("id", id)
        facts.add("size", "\(size.short) (\(size.bytes) bytes)")
        facts.add("tier", tier)
        facts.add("kind", kind)
        facts.add("contents", contents)
        facts.add("source", source)
        facts.add("created", created)
        facts.add("claim", claim)
        facts.add("device", device)
        facts.add("staged at", staging)
        for target in targets { facts.add("mounted at", target) }
        return facts.text
    }
}
