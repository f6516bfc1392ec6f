import CSIClient
package import CSIMessages
import DriverCore
import GRPCRuntime
import Testing

/// Controller calls in the words of the tests.
extension Cluster {
    /// A volume of 32 MiB, or of what is asked, on the default tier.
    package func create(
        _ name: String,
        mebibytes: Int64 = 32,
        as capability: VolumeCapability = .mount(),
        tier: String? = nil,
        from source: VolumeContentSource? = nil
    ) async throws -> Volume {
        try await create(
            CreateVolumeRequest(
                name: name,
                capacityRange: .mebibytes(mebibytes),
                volumeCapabilities: [capability],
                parameters: tier.map { ["tier": $0] } ?? [:],
                volumeContentSource: source
            )
        )
    }

    package func create(_ request: CreateVolumeRequest) async throws -> Volume {
        try #require(try await call(request).volume)
    }

    package func delete(_ volumeID: String) async throws {
        _ = try await call(DeleteVolumeRequest(volumeID: volumeID))
    }

    package func get(_ volumeID: String) async throws -> Volume {
        try #require(try await call(ControllerGetVolumeRequest(volumeID: volumeID)).volume)
    }

    package func snapshot(_ volumeID: String, named name: String) async throws -> Snapshot {
        let request = CreateSnapshotRequest(sourceVolumeID: volumeID, name: name)
        return try #require(try await call(request).snapshot)
    }

    package func deleteSnapshot(_ snapshotID: String) async throws {
        _ = try await call(DeleteSnapshotRequest(snapshotID: snapshotID))
    }

    package func snapshots(_ request: ListSnapshotsRequest = .init()) async throws -> [String] {
        try await call(request).entries.compactMap(\.snapshot?.snapshotID)
    }

    /// The ids of all volumes, by as many pages as it takes.
    package func volumes() async throws -> [String] {
        try await ListVolumesRequest().all { try await call($0) }.map(\.volumeID)
    }

    package func expand(
        _ volumeID: String,
        to range: CapacityRange,
        as capability: VolumeCapability? = .mount()
    ) async throws -> ControllerExpandVolumeResponse {
        try await call(
            ControllerExpandVolumeRequest(
                volumeID: volumeID,
                capacityRange: range,
                volumeCapability: capability
            )
        )
    }

    package func capacity(of tier: String? = nil) async throws -> GetCapacityResponse {
        try await call(GetCapacityRequest(parameters: tier.map { ["tier": $0] } ?? [:]))
    }
}
