package import DriverCore
import Glibc
import Host

/// A file system of its own for a loop tier, mounted in a test's folder and gone with it.
package final class PoolFilesystem {
    package let type: FilesystemType
    package var path: String { mounted.path }
    private let mounted: MountedImage

    /// `sectors` is the block size of the disk that stands for the pool's.
    package init(
        _ type: FilesystemType,
        size: ByteCount,
        in folder: TemporaryFolder,
        sectors: BlockSize = .bytes512
    ) throws(DriverError) {
        self.type = type
        mounted = try folder.mountFilesystem(type, size: size, named: "pool", blockSize: sectors)
        folder.onCleanup { [mounted] in Self.release(mounted) }
    }

    package func unmount() throws(DriverError) { try Mounts.unmountAll(mounted.target) }

    package func mountAgain() throws(DriverError) {
        try Mounts.mount(
            device: mounted.image.device.path,
            at: mounted.target,
            filesystem: type,
            flags: [],
            readOnly: false
        )
    }

    /// Unmounts the pool, whatever a failed test has left in use.
    private static func release(_ mounted: MountedImage) {
        detachAll(beneath: mounted.path)
        // A program that another test starts has this process's open files until its exec: there is
        // nothing to wait for but the next look.
        for _ in 0..<500 {
            if (try? Mounts.unmountAll(mounted.target)) != nil { return }
            usleep(10_000)
        }
    }

    /// Lets go of whatever a failed test has left, or the pool could not be unmounted.
    private static func detachAll(beneath path: String) {
        guard let root = try? Folder.existing(at: path) else { return }
        for shelf in ["volumes", "snapshots"] {
            guard let folder = try? root.folder(shelf) else { continue }
            for name in (try? folder.names()) ?? [] {
                let loops = LoopDevices()
                guard let identity = try? folder.facts(of: "\(name)/data")?.identity,
                    let device = try? loops.find(backing: identity)
                else { continue }
                try? loops.detach(device, backing: identity)
            }
        }
    }
}
