package import CSIMessages

/// Who may use a volume at once.
package typealias VolumeMode = VolumeCapability.AccessMode.Mode

extension VolumeCapability {
    package static func mount(
        _ filesystem: String = "",
        flags: [String] = [],
        _ mode: VolumeMode = .singleNodeWriter
    ) -> Self {
        .init(
            accessType: .mount(.init(fsType: filesystem, mountFlags: flags)),
            accessMode: .init(mode: mode)
        )
    }

    package static func block(_ mode: VolumeMode = .singleNodeWriter) -> Self {
        .init(accessType: .block(.init()), accessMode: .init(mode: mode))
    }
}

extension VolumeContentSource {
    package static func snapshot(_ id: String) -> Self {
        .init(type: .snapshot(.init(snapshotID: id)))
    }
    package static func volume(_ id: String) -> Self { .init(type: .volume(.init(volumeID: id))) }
}

extension CapacityRange {
    package static func mebibytes(_ required: Int64, limit: Int64 = 0) -> Self {
        .init(requiredBytes: required << 20, limitBytes: limit << 20)
    }
}
