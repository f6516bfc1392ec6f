import CHostShim
package import DriverCore

/// What is mounted in this process's mount namespace, read from the kernel each time.
package enum MountTable {
    package static func read() throws(DriverError) -> [MountEntry] {
        let path = "/proc/self/mountinfo"
        let bytes = try SystemFile.read(path)
        var entries: [MountEntry] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let entry = parse(line) else {
                let text = String(decoding: line, as: UTF8.self)
                throw DriverError(.hostFailure, "cannot understand a line of \(path): \(text)")
            }
            entries.append(entry)
        }
        return entries
    }

    /// The mounts that lie exactly on a target, the lowest first, the one that is seen last.
    package static func layers(at target: TargetPath) throws(DriverError) -> [MountEntry] {
        guard let path = try target.resolved() else { return [] }
        return stacked(try read().filter { $0.target == path })
    }

    /// The mounts of a block device's file system, binds included, and the binds of its node.
    ///
    /// The device number alone does not find btrfs, which shows a number of its own; a bound node
    /// shows as a mount of the devtmpfs (or, in a container, the tmpfs) that holds it.
    package static func uses(ofDevice path: String, number: UInt64) throws(DriverError)
        -> [MountEntry]
    {
        uses(ofDevice: path, number: number, among: try read())
    }

    /// The same among entries that were read before.
    package static func uses(
        ofDevice path: String,
        number: UInt64,
        among entries: [MountEntry]
    ) -> [MountEntry] {
        let node = "/\(path.split(separator: "/").last ?? "")"
        return entries.filter { entry in
            entry.device == number || entry.source == path
                || (entry.root == node && ["devtmpfs", "tmpfs"].contains(entry.fsType))
        }
    }

    /// Orders mounts on one path so that each lies on the one before it.
    private static func stacked(_ entries: [MountEntry]) -> [MountEntry] {
        var rest = entries
        var ordered: [MountEntry] = []
        while let index = rest.firstIndex(where: { entry in
            !rest.contains { $0.mountID == entry.parentID && $0 != entry }
        }) {
            ordered.append(rest.remove(at: index))
        }
        return ordered + rest
    }

    /// Parses one line; nil where it is not what proc(5) describes.
    static func parse(_ line: some Collection<UInt8>) -> MountEntry? {
        let fields = line.split(separator: UInt8(ascii: " ")).map { Array($0) }
        guard fields.count >= 10,
            let separator = fields[6...].firstIndex(of: [UInt8(ascii: "-")]),
            fields.count >= separator + 3,
            let mountID = UInt64(text(fields[0])), let parentID = UInt64(text(fields[1])),
            let device = deviceNumber(text(fields[2]))
        else { return nil }
        // The kernel leaves the source empty where there is none.
        let ending = fields[(separator + 1)...].map { $0 }
        return MountEntry(
            mountID: mountID,
            parentID: parentID,
            device: device,
            root: unescaped(fields[3]),
            target: unescaped(fields[4]),
            options: list(fields[5]),
            fsType: unescaped(ending[0]),
            source: ending.count > 2 ? unescaped(ending[1]) : "",
            superOptions: list(ending[ending.count - 1]),
            propagation: fields[6..<separator].map(text)
        )
    }

    private static func deviceNumber(_ text: String) -> UInt64? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1])
        else { return nil }
        return chost_make_device(major, minor)
    }

    private static func list(_ field: [UInt8]) -> [String] {
        unescaped(field).split(separator: ",").map(String.init)
    }

    private static func text(_ field: [UInt8]) -> String { String(decoding: field, as: UTF8.self) }

    /// Undoes the kernel's `\040` for space, tab, newline and backslash.
    private static func unescaped(_ field: [UInt8]) -> String {
        var bytes: [UInt8] = []
        var index = 0
        while index < field.count {
            let digits = field[index...].dropFirst().prefix(3)
            if field[index] == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(text(Array(digits)), radix: 8)
            {
                bytes.append(value)
                index += 4
            } else {
                bytes.append(field[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
