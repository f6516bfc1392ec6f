package import DriverCore
import Glibc

extension LoopDevices {
    /// The device that still has a removed file of that name attached, with the file.
    ///
    /// Such a file has no path to ask for its identity, so the kernel's memory of the name is
    /// compared. The kernel may cut off the front of a folder's path; see `LoopBackend`.
    package func find(removed name: String, beneath folders: [String], on fileSystem: UInt64)
        throws(DriverError) -> (LoopDevice, FileIdentity)?
    {
        for attachment in try attachments() where attachment.backing.device == fileSystem {
            guard let file = try attachment.device.file(), file.isDeleted,
                let folder = file.path.removingByteSuffix("/\(name)"),
                folders.contains(where: { $0.hasByteSuffix(String(folder)) })
            else { continue }
            return (attachment.device, attachment.backing)
        }
        return nil
    }
}
