package import Backend
package import DriverCore
package import Host

/// The block device of a volume, with the devices below it.
package struct VolumeDevice: Sendable, Hashable {
    /// The backend's own device first, then each device on top of the one before; never empty.
    package let layers: [AttachedDevice]

    /// A device of a backend with nothing on top.
    package init(_ device: AttachedDevice) { layers = [device] }

    /// The device that is mounted or published.
    package var top: AttachedDevice { layers[layers.endIndex - 1] }

    /// `/dev/loop3`: the top's.
    package var path: String { top.path }

    /// Whether an open device is the one that is mounted or published.
    package func isShown(by held: borrowing HeldDevice) -> Bool { AttachedDevice(held) == top }

    /// Whether the kernel refuses writes to the top.
    package func isReadOnly() throws(DriverError) -> Bool {
        try HeldDevice(opening: path).isReadOnly()
    }

    /// The process that has a layer mounted in another mount namespace that this process can see.
    package func holderElsewhere() throws(DriverError) -> ProcessHolder? {
        for layer in layers.reversed() {
            let uses = try DeviceUse.elsewhere(ofDevice: layer.path, number: layer.number)
            if let use = uses.first { return use.holder }
        }
        return nil
    }
}
