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
        guard let path = SystemFile.line("/sys/block/loop\(index)/loop/backing_file") else {
            return nil
        }
        let suffix = " (deleted)"
        let removed = path.removingByteSuffix(suffix)
        return LoopFile(
            device: self,
            path: removed.map(String.init) ?? path,
            isDeleted: removed != nil
        )
    }
}

extension LoopDevices {
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
