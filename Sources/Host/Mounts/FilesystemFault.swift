package import DriverCore
import Glibc

/// A mounted file system that has stopped after an error: every write fails until it is mounted
/// again.
///
/// Nothing is written to find it, and nothing waits for a disk.
package struct FilesystemFault: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// An error was found, and the file system became read-only.
        case turnedReadOnly
        /// It was stopped: reads may fail too.
        case shutDown
    }

    package let mount: MountEntry
    package let kind: Kind

    /// nil where the file system shows no error.
    ///
    /// Source: ext4 shows `shutdown` and `emergency_ro` since Linux 6.15, and `ro` beneath a
    /// writable mount before; btrfs shows `ro` as well; XFS opens nothing any more.
    init?(of mount: MountEntry) {
        guard FilesystemType(rawValue: mount.fsType) != nil else { return nil }
        self.mount = mount
        let options = mount.superOptions
        if options.contains("shutdown") {
            kind = .shutDown
        } else if options.contains("emergency_ro")
            || (options.contains("ro") && mount.options.contains("rw"))
        {
            kind = .turnedReadOnly
        } else if mount.fsType == FilesystemType.xfs.rawValue, Self.refusesOpening(mount.target) {
            kind = .shutDown
        } else {
            return nil
        }
    }

    private static func refusesOpening(_ path: String) -> Bool {
        do throws(Errno) {
            _ = try OwnedDescriptor.opened(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            return false
        } catch {
            return error.code == EIO
        }
    }

    /// `the ext4 file system of /dev/loop3, mounted at /x, turned read-only after an error`.
    package var inWords: String {
        let what =
            switch kind {
            case .turnedReadOnly: "became read-only after an error"
            case .shutDown: "was shut down after an error"
            }
        return
            "the \(mount.fsType) file system of \(mount.source), mounted at \(mount.target), \(what)"
    }

    package static let advice =
        "see the node's kernel log for the cause, then stop the pods that use the volume, so that it "
        + "is unpublished and unstaged; the next stage repairs the file system, or reports why "
        + "not"
}

extension FilesystemFault {
    /// The faults of the file system on a device, by the device's name and number, in a mount table.
    package static func all(onDevice path: String, number: UInt64, among table: [MountEntry])
        -> [FilesystemFault]
    {
        found(among: MountTable.uses(ofDevice: path, number: number, among: table), table)
    }

    /// The faults of all volumes of Cairn on this host, of any tier.
    package static func ofVolumes(_ naming: VolumeOfDevice) throws(DriverError)
        -> [(MountedVolume, FilesystemFault)]
    {
        let table = try MountTable.read()
        let mounts = table.filter { $0.source.hasBytePrefix("/dev/") }
        var faults: [(MountedVolume, FilesystemFault)] = []
        for fault in found(among: mounts, table) {
            if let volume = try fault.mount.volume(naming) { faults.append((volume, fault)) }
        }
        return faults
    }

    /// The fault of a mounted device: ext4 counts errors, or the file system cannot be opened.
    ///
    /// The mount table is read only where there is a suspicion, as statistics ask each minute.
    package static func suspected(at path: String, onDevice device: String) -> Bool {
        let name = device.byteSplit(separator: "/").last.map(String.init) ?? ""
        let errors = SystemFile.line("/sys/fs/ext4/\(name)/errors_count")
        return (errors ?? "0") != "0" || refusesOpening(path)
    }

    /// One for each device; a mount that another one covers cannot be opened, so it is left out.
    private static func found(among mounts: [MountEntry], _ table: [MountEntry])
        -> [FilesystemFault]
    {
        var tops: [String: UInt64] = [:]
        for entry in table { tops[entry.target] = entry.mountID }
        var faults: [String: FilesystemFault] = [:]
        for mount in mounts where tops[mount.target] == mount.mountID {
            guard faults[mount.source] == nil, let fault = FilesystemFault(of: mount) else {
                continue
            }
            faults[mount.source] = fault
        }
        return faults.values.sorted { $0.mount.mountID < $1.mount.mountID }
    }
}
