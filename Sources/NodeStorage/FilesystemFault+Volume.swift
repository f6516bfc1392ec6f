internal import Backend
package import DriverCore
package import Host

extension FilesystemFault {
    /// Throws where a mounted file system of the volume has stopped after an error.
    package static func refuse(_ id: VolumeID, on device: VolumeDevice?) throws(DriverError) {
        guard let device else { return }
        try refuse(id, on: device, among: try MountTable.read())
    }

    /// Uses a mount table that was read before: with hundreds of mounts, reading it takes longer than
    /// the rest of a call.
    package static func refuse(
        _ id: VolumeID,
        on device: VolumeDevice?,
        among table: [MountEntry]
    ) throws(DriverError) {
        guard let top = device?.top,
            let fault = all(onDevice: top.path, number: top.number, among: table).first
        else { return }
        throw fault.error(of: id)
    }

    package func error(of id: VolumeID) -> DriverError {
        DriverError(.hostFailure, "volume \(id): \(inWords); \(Self.advice)")
    }
}
