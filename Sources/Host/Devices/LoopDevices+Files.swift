package import DriverCore

/// A loop device and its backing file by name; for messages, never for decisions.
package struct LoopFile: Sendable, Hashable {
    package let device: LoopDevice
    /// The path that the kernel reports, as this process would reach it.
    package let path: String
    /// Whether the file has been removed since it was attached.
    package let isDeleted: Bool
}

extension LoopFile {
    /// The volume by its place in a pool, `.../volumes/<id>/data`; nil for other files.
    package var volume: VolumeID? {
        let parts = path.byteSplit(separator: "/")
        guard parts.count >= 3, parts[parts.count - 1] == "data",
            parts[parts.count - 3] == "volumes"
        else { return nil }
        return VolumeID(parsing: String(parts[parts.count - 2]))
    }
}

extension LoopDevice {
    /// The backing file as the kernel names it now; nil where there is none.
    package func file() throws(DriverError) -> LoopFile? {
        guard let shown = try SystemFile.lineIfThere("\(folder)/backing_file") else { return nil }
        let path = shown.removingByteSuffix(" (deleted)").map(String.init)
        return LoopFile(device: self, path: path ?? shown, isDeleted: path != nil)
    }

    /// Whether it has the whole file, from the kernel's attributes and without reading the file.
    package func isWhole() throws(DriverError) -> Bool {
        for limit in ["offset", "sizelimit"]
        where try SystemFile.lineIfThere("\(folder)/\(limit)") != "0" { return false }
        return true
    }

    /// Exists while a file is attached.
    private var folder: String { "/sys/block/loop\(index)/loop" }
}

extension LoopDevices {
    /// All attached loop devices of this host, in order of index.
    ///
    /// Reads /sys alone, so it opens no device and needs no privilege. Throws where /sys does not
    /// tell; what is detached meanwhile may be missing.
    package static func files() throws(DriverError) -> [LoopFile] {
        var found: [LoopFile] = []
        for name in try SystemFile.names(in: "/sys/block") {
            guard let index = name.removingBytePrefix("loop").flatMap({ Int($0) }),
                let file = try LoopDevice(index: index)?.file()
            else { continue }
            found.append(file)
        }
        return found.sorted { $0.device < $1.device }
    }

    /// The file behind a device that the kernel calls `loop3`; nil for other devices.
    package static func file(ofDevice name: String) throws(DriverError) -> LoopFile? {
        guard let index = Int(name.removingBytePrefix("loop") ?? "") else { return nil }
        return try LoopDevice(index: index)?.file()
    }

    /// `/dev/loopN` of every volume: tenants' data, and never a disk of the host.
    package static func volumePaths() throws(DriverError) -> Set<String> {
        Set(try files().filter { $0.volume != nil }.map(\.device.path))
    }
}
