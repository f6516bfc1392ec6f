import Backend
import DriverCore
import FoundationEssentials
import Host
import Synchronization

/// The loop devices of volumes of whatever pool, looked at once, when the first question comes.
final class AttachedFiles: Sendable {
    private struct Found: Sendable {
        let volume: VolumeID
        let device: AttachedDevice
        let file: LoopFile
        let backing: FileIdentity

        /// Whether the kernel's name of the file fits a file of which the mount point may be gone.
        func isNamed(_ path: String) -> Bool {
            !file.isDeleted && path.hasByteSuffix(file.path)
        }
    }

    private let found = Mutex<[Found]?>(nil)

    /// The devices of the volume's file in a pool.
    ///
    /// A second driver of this node has the same ids for the same names, so a device counts only where
    /// its file is that of the pool. While the pool's disk is missing, its files have no identity
    /// there: then the kernel's name of the file counts.
    func devices(of id: VolumeID, inPool directory: String) -> [AttachedDevice] {
        let named = all().filter { $0.volume == id }
        guard !named.isEmpty else { return [] }
        if let file = try? FileIdentity(of: "\(directory)/volumes/\(id)/data") {
            return named.filter { $0.backing == file }.map(\.device)
        }
        guard (try? FileIdentity(of: "\(directory)/volumes")) == nil else { return [] }
        let resolved = URL(filePath: directory).resolvingSymlinksInPath().path
        let fitting = named.filter { $0.isNamed("\(resolved)/volumes/\(id)/data") }
        // A name without its mount point also fits the pool of another driver.
        return fitting.count == 1 ? fitting.map(\.device) : []
    }

    /// The volumes of a pool that have one.
    func volumes(ofPool directory: String) -> [VolumeID] {
        Set(all().map(\.volume)).sorted()
            .filter { !devices(of: $0, inPool: directory).isEmpty }
    }

    /// Where no pool is known, all count.
    func ofUnknownPools() -> [VolumeID: [AttachedDevice]] {
        Dictionary(grouping: all(), by: \.volume).mapValues { $0.map(\.device) }
    }

    /// Opening the devices takes root; without it, where volumes are attached stays unknown.
    private func all() -> [Found] {
        found.withLock { found in
            if let found { return found }
            let looked = Self.look()
            found = looked
            return looked
        }
    }

    private static func look() -> [Found] {
        guard let attachments = try? LoopDevices().attachments(),
            let files = try? LoopDevices.files()
        else { return [] }
        let backings = Dictionary(
            attachments.map { ($0.device, $0.backing) },
            uniquingKeysWith: { first, _ in first }
        )
        return files.compactMap { file in
            guard let volume = file.volume, let backing = backings[file.device] else { return nil }
            let device = AttachedDevice(path: file.device.path, number: file.device.number)
            return Found(volume: volume, device: device, file: file, backing: backing)
        }
    }
}
