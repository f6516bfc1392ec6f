import Backend
import DriverCore
import Host

/// The loop devices over files of one pool, whichever program attached them.
struct PoolDevices {
    /// A device that belongs to no volume.
    struct Stray: Sendable, Hashable {
        let device: LoopDevice
        /// The path that the file has, or had before it was deleted.
        let file: String
        let isRemoved: Bool
        /// Where it is mounted.
        let targets: [String]

        var problem: String {
            let use = targets.isEmpty ? "" : ", and mounted on \(targets.joined(separator: ", "))"
            return "attached to \(file), which is \(isRemoved ? "deleted" : "not a volume")\(use)"
        }

        var advice: String {
            "save the data that you need, unmount it, then run losetup --detach \(device.path) to "
                + "free its space"
        }
    }

    private(set) var volumes: [VolumeID] = []
    /// The devices of volumes that have no direct I/O.
    private(set) var buffered: [VolumeID: LoopDevice] = [:]
    private(set) var strays: [Stray] = []

    /// Reads every loop device of the host; throws where one cannot be read.
    init(in root: borrowing Folder, _ devices: LoopDevices) throws(DriverError) {
        let shelf = try Shelf<VolumeRecord>(in: root)
        let fileSystem = try root.facts().identity.device
        let pool = try root.shownPath()
        for attachment in try devices.attachments() where attachment.backing.device == fileSystem {
            guard let file = try attachment.device.file(),
                let object = Self.object(file.path)
            else { continue }
            let id = file.isDeleted ? nil : VolumeID(parsing: object.name)
            // The kernel's name of a file is a hint; its identity is the proof.
            if let id, try shelf.dataFacts(id)?.identity == attachment.backing {
                volumes.append(id)
                if !attachment.usesDirectIO { buffered[id] = attachment.device }
            } else if id == nil, object.pool == pool || object.pool.isEmpty {
                strays.append(try Self.stray(attachment.device, file))
            }
        }
    }

    /// The pool and the object's directory in the path of its data; nil for other files.
    ///
    /// The pool is empty where the container is gone in which it was the root of a mount.
    private static func object(_ path: String) -> (pool: String, name: String)? {
        let parts = path.byteSplit(separator: "/").map(String.init)
        guard parts.count >= 3, parts.last == PoolNames.data,
            [PoolNames.volumes, PoolNames.snapshots].contains(parts[parts.count - 3])
        else { return nil }
        return (parts.dropLast(3).map { "/\($0)" }.joined(), parts[parts.count - 2])
    }

    private static func stray(_ device: LoopDevice, _ file: LoopFile) throws(DriverError) -> Stray {
        let uses = try MountTable.uses(ofDevice: device.path, number: device.number)
        return Stray(
            device: device,
            file: file.path,
            isRemoved: file.isDeleted,
            targets: uses.map(\.target)
        )
    }
}
