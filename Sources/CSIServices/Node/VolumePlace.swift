internal import Backend
internal import DriverCore
internal import Host
internal import Naming
internal import NodeStorage

/// A path at which a volume is mounted now; found by id and path together.
struct VolumePlace {
    let volume: Tiers.LocatedVolume
    let device: VolumeDevice
    let path: String
    let isBlock: Bool
    let isReadOnly: Bool

    /// Throws `notFound` where the volume does not exist or is not at the path, as CSI requires for
    /// stats and expansion.
    init(_ volumeID: String, path: String, service: NodeService) throws(DriverError) {
        guard let id = try Self.id(volumeID, service) else {
            throw DriverError(.notFound, "volume '\(volumeID)' does not exist")
        }
        volume = try service.tiers.existing(id, of: service.identity)
        let missing = DriverError(.notFound, "volume \(id) is not mounted at \(path)")
        guard path.hasBytePrefix("/"), let device = try volume.devices.current() else {
            throw missing
        }
        self.device = device
        let target = try Self.target(path, service, missing)
        self.path = target.path
        // The usual case: the kernel itself says that the volume's file system is mounted there,
        // and the whole mount table need not be read.
        if VolumeMounts.showsWritable(device, at: target) {
            isReadOnly = false
            isBlock = false
            return
        }
        switch try VolumeMounts(of: device).layer(at: target) {
        case .thisVolume(let isReadOnly):
            self.isReadOnly = isReadOnly
            isBlock = try target.kind() != .directory
        case .nothing, .somethingElse:
            // A staged block device shows nothing at its staging path.
            let staging = service.usage.usage(of: id).staging
            guard let staging, staging.access.isBlock, staging.path.hasSameBytes(as: self.path)
            else {
                throw missing
            }
            isReadOnly = false
            isBlock = true
        }
    }

    /// The present size of the volume's device in the kernel.
    func size() throws(DriverError) -> ByteCount {
        guard let held = try volume.devices.openCurrent() else {
            throw DriverError(.notFound, "volume \(volume.record.id) is not mounted at \(path)")
        }
        return try held.size()
    }

    /// The target at a path; throws `notFound` for a path that cannot be one.
    private static func target(_ path: String, _ service: NodeService, _ missing: DriverError)
        throws(DriverError) -> TargetPath
    {
        do throws(DriverError) {
            return try service.target(path)
        } catch  where error.code == .invalidRequest {
            throw DriverError(.notFound, "\(missing.message): \(error.message)")
        }
    }

    /// The id of the volume; an inline volume is named by kubelet's handle.
    private static func id(_ text: String, _ service: NodeService) throws(DriverError)
        -> VolumeID?
    {
        if let id = VolumeID(parsing: text) { return id }
        let ephemeral = service.identity.volumeID(forName: text)
        guard try service.tiers.find(ephemeral)?.record.isEphemeral ?? false else { return nil }
        return ephemeral
    }
}
