internal import Backend
internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import Naming
internal import NodeStorage

extension Volume {
    init(_ record: VolumeRecord, on identity: NodeIdentity) {
        self.init(
            capacityBytes: record.size.bytes,
            volumeID: record.id.text,
            contentSource: record.source.map(VolumeContentSource.init),
            accessibleTopology: [identity.topology]
        )
    }
}

extension VolumeContentSource {
    init(_ source: Backend.VolumeSource) {
        switch source {
        case .snapshot(let id): self.init(type: .snapshot(.init(snapshotID: id.text)))
        case .volume(let id): self.init(type: .volume(.init(volumeID: id.text)))
        }
    }
}

extension Snapshot {
    init(_ record: SnapshotRecord) {
        self.init(
            sizeBytes: record.size.bytes,
            snapshotID: record.id.text,
            sourceVolumeID: record.source.text,
            creationTime: record.created,
            readyToUse: record.isIntact
        )
    }
}
