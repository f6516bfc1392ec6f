package import DriverCore
import Glibc
package import Host

/// Loop devices and mounts that go away with a test's folder.
extension TemporaryFolder {
    /// A new sparse file of the folder as a loop device.
    package func attachImage(
        _ name: String,
        size: ByteCount,
        readOnly: Bool = false,
        directIO: Bool = false,
        blockSize: BlockSize = .bytes512
    ) throws(DriverError) -> AttachedImage {
        let file = path(of: name)
        try Bytes.makeFile(file, size: size)
        return try attach(file, readOnly: readOnly, directIO: directIO, blockSize: blockSize)
    }

    /// An existing file as a loop device.
    package func attach(
        _ file: String,
        readOnly: Bool = false,
        directIO: Bool = false,
        blockSize: BlockSize = .bytes512
    ) throws(DriverError) -> AttachedImage {
        let loops = LoopDevices()
        let identity = try FileIdentity(of: file)
        let device = try loops.attach(
            file: file,
            directIO: directIO,
            readOnly: readOnly,
            blockSize: blockSize
        )
        onCleanup { try? loops.detach(device, backing: identity) }
        return AttachedImage(file: file, identity: identity, device: device)
    }

    /// A target beneath this folder, which stands for the kubelet's.
    package func target(_ name: String) throws(DriverError) -> TargetPath {
        let target = try TargetPath(path(of: name), kubeletRoot: path)
        onCleanup { try? Mounts.unmountAll(target) }
        return target
    }

    /// A new folder with a new file system of the size mounted on it: a pool of a test.
    package func mountFilesystem(
        _ type: FilesystemType,
        size: ByteCount,
        named name: String,
        blockSize: BlockSize = .bytes512
    ) throws(DriverError) -> MountedImage {
        let image = try attachImage("\(name).img", size: size, blockSize: blockSize)
        try Filesystems.make(type, on: image.device.path, options: [], isThick: false)
        return MountedImage(
            image: image,
            target: try mount(image.device.path, as: type, named: name)
        )
    }

    /// A new folder with a tmpfs on it, of a size as mount(8) has it.
    package func mountMemory(_ name: String, size: String) throws(DriverError) -> String {
        let path = try makeFolder(name)
        guard unsafe Glibc.mount("none", path, "tmpfs", 0, "size=\(size)") == 0 else {
            throw DriverError(.hostFailure, "cannot mount a tmpfs on \(path) (errno \(errno))")
        }
        onCleanup { Paths.forceUnmount(path) }
        return path
    }

    /// A device that holds a file system, mounted on a folder of this one.
    package func mount(
        _ device: String,
        as type: FilesystemType,
        flags: [String] = [],
        named name: String
    ) throws(DriverError) -> TargetPath {
        let target = try target(name)
        try target.createDirectory()
        try Mounts.mount(
            device: device,
            at: target,
            filesystem: type,
            flags: flags,
            readOnly: false
        )
        return target
    }
}

package struct AttachedImage: Sendable {
    package let file: String
    package let identity: FileIdentity
    package let device: LoopDevice
}

package struct MountedImage: Sendable {
    package let image: AttachedImage
    package let target: TargetPath
    package var path: String { target.path }

    package init(image: AttachedImage, target: TargetPath) {
        self.image = image
        self.target = target
    }
}
