internal import Backend
package import DriverCore
internal import Host

extension FilesystemFault {
    /// Throws where a mounted file system of the volume has stopped after an error.
    package static func refuse(_ id: VolumeID, on device: VolumeDevice?) throws(DriverError) {
        guard let top = device?.top,
            let fault = try all(onDevice: top.path, number: top.number).first
        else { return }
        throw fault.error(of: id)
    }

    package func error(of id: VolumeID) -> DriverError {
        DriverError(.hostFailure, "volume \(id): \(inWords); \(Self.advice)")
    }
}
