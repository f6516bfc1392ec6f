package import DriverCore
import Glibc

extension LoopDevices {
    /// The device, and what is behind it, that still shows a file whose name was removed.
    ///
    /// Such a file has no path to ask for its identity, so the kernel's memory of the name is
    /// compared: its ending, because the pool may be known by another path here.
    package func find(removed ending: String, on fileSystem: UInt64) throws(DriverError)
        -> (LoopDevice, FileIdentity)?
    {
        for attachment in try attachments() where attachment.backing.device == fileSystem {
            guard let file = try attachment.device.file(), file.isDeleted,
                file.path.hasByteSuffix(ending)
            else { continue }
            return (attachment.device, attachment.backing)
        }
        return nil
    }
}
