package import DriverCore

/// A loop device and the file behind it, by name; for people, never for decisions.
package struct LoopFile: Sendable, Hashable {
    package let device: LoopDevice
    /// The path that the kernel shows, as this process would reach it.
    package let path: String
    /// Whether the file has been removed since it was attached.
    package let isDeleted: Bool
}

extension LoopFile {
    /// The volume whose data it is by its place in a pool, `.../volumes/<id>/data`; nil for others.
    package var volume: VolumeID? {
        let parts = path.byteSplit(separator: "/")
        guard parts.count >= 3, parts[parts.count - 1] == "data",
            parts[parts.count - 3] == "volumes"
        else { return nil }
        return VolumeID(parsing: String(parts[parts.count - 2]))
    }
}

extension LoopDevice {
    /// The file behind the device, as the kernel names it now; nil where there is none.
    package var file: LoopFile? {
        Self.shownFile(index: index).map {
            LoopFile(device: self, path: $0.path, isDeleted: $0.isDeleted)
        }
    }

    /// Whether it shows its file from the beginning to the end, as the kernel says without asking
    /// the file.
    package var isWhole: Bool {
        ["offset", "sizelimit"].allSatisfy {
            SystemFile.line("/sys/block/loop\(index)/loop/\($0)") == "0"
        }
    }

    /// The volume whose data is behind the device of that index, by its place in a pool.
    static func volume(index: Int) -> VolumeID? {
        guard let device = LoopDevice(index: index) else { return nil }
        return device.file?.volume
    }

    fileprivate static func shownFile(index: Int) -> (path: String, isDeleted: Bool)? {
        guard let path = SystemFile.line("/sys/block/loop\(index)/loop/backing_file") else {
            return nil
        }
        let suffix = " (deleted)"
        let removed = path.removingByteSuffix(suffix)
        return (removed.map(String.init) ?? path, removed != nil)
    }
}

extension LoopDevices {
    /// The devices whose file has a path with that ending, in order of index.
    package static func files(endingIn ending: String) -> [LoopFile] {
        let names = (try? SystemFile.names(in: "/sys/block")) ?? []
        let found = names.compactMap { name -> LoopFile? in
            guard let index = Int(name.removingBytePrefix("loop") ?? ""),
                let shown = LoopDevice.shownFile(index: index),
                shown.path.hasByteSuffix(ending),
                let device = LoopDevice(index: index)
            else { return nil }
            return LoopFile(device: device, path: shown.path, isDeleted: shown.isDeleted)
        }
        return found.sorted { $0.device < $1.device }
    }

    /// Everything that is attached on this host, whoever attached it, in order of index.
    ///
    /// Reads /sys alone, so it opens no device and needs no privilege.
    package static func files() -> [LoopFile] {
        let names = (try? SystemFile.names(in: "/sys/block")) ?? []
        let found = names.compactMap { name -> LoopFile? in
            guard let index = name.removingBytePrefix("loop").flatMap({ Int($0) }) else {
                return nil
            }
            return LoopDevice(index: index)?.file
        }
        return found.sorted { $0.device < $1.device }
    }
}
