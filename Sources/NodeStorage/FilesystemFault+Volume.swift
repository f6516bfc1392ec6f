internal import Backend
package import DriverCore
internal import Host

extension FilesystemFault {
    /// Throws where a mounted file system of the volume has stopped after an error.
    package static func refuse(_ id: VolumeID, on device: VolumeDevice?) throws(DriverError) {
        guard let device else { return }
        try refuse(id, on: device, among: try MountTable.read())
    }

    fileprivate static func refuse(
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

extension VolumeMounts {
    /// The mounts of a volume; throws where one of its file systems has stopped after an error.
    ///
    /// Reads the mount table once: with hundreds of mounts that takes longer than the rest of a call.
    package init(of device: VolumeDevice?, refusingFaultsOf id: VolumeID) throws(DriverError) {
        let table = try MountTable.read()
        try FilesystemFault.refuse(id, on: device, among: table)
        self.init(of: device, among: table)
    }
}
