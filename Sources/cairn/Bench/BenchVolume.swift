import CSIMessages
import DriverCore

/// How the volumes of one driver are named, made and mounted.
struct BenchVolume: Sendable {
    /// Distinguishes the volumes of this run from all others.
    let run: String
    let size: ByteCount
    let filesystem: String
    let parameters: [String: String]
    /// Where the volumes must be; empty for anywhere.
    let topology: [String: String]
    /// An existing directory, for mount points.
    let folder: String

    func name(_ index: Int) -> String { "\(run)-\(index)" }
    func stagingPath(_ index: Int) -> String { "\(folder)/\(name(index)).staged" }
    func targetPath(_ index: Int) -> String { "\(folder)/\(name(index))" }

    var capability: VolumeCapability {
        VolumeCapability(
            accessType: .mount(.init(fsType: filesystem)),
            accessMode: .init(mode: .singleNodeWriter)
        )
    }

    func createRequest(_ index: Int) -> CreateVolumeRequest {
        CreateVolumeRequest(
            name: name(index),
            capacityRange: CapacityRange(requiredBytes: size.bytes),
            volumeCapabilities: [capability],
            parameters: parameters,
            accessibilityRequirements: segments.map {
                TopologyRequirement(requisite: [$0], preferred: [$0])
            }
        )
    }

    /// nil for anywhere.
    var segments: Topology? { topology.isEmpty ? nil : Topology(segments: topology) }
}
