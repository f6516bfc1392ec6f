import CHostShim
package import DriverCore

/// What is mounted in this process's mount namespace, read from the kernel each time.
package enum MountTable {
    package static func read() throws(DriverError) -> [MountEntry] {
        try parse(table: try SystemFile.read(ownPath), of: ownPath)
    }

    /// The volumes of Cairn that are mounted here, each with one of its mount points.
    ///
    /// For reports, never for decisions.
    package static func volumes(_ naming: VolumeOfDevice) throws(DriverError)
        -> [MountedVolume: String]
    {
        var found: [MountedVolume: String] = [:]
        for mount in try read() {
            guard let volume = try mount.volume(naming), found[volume] == nil else { continue }
            found[volume] = mount.target
        }
        return found
    }

    static let ownPath = "/proc/self/mountinfo"

    /// Parses all lines of a table that was read from `path`.
    static func parse(table bytes: [UInt8], of path: String) throws(DriverError) -> [MountEntry] {
        var entries: [MountEntry] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
            guard let entry = parse(bytes[start..<end]) else {
                let text = String(decoding: bytes[start..<end], as: UTF8.self)
                throw DriverError(.hostFailure, "cannot parse a line of \(path): \(text)")
            }
            entries.append(entry)
            start = end + 1
        }
        return entries
    }

    /// The mounts exactly at a target, the lowest first, the visible one last.
    package static func layers(at target: TargetPath) throws(DriverError) -> [MountEntry] {
        guard let path = try target.resolved() else { return [] }
        return stacked(try read().filter { $0.target.hasSameBytes(as: path) })
    }

    /// The mounts of a block device's file system, with bind mounts, and the bind mounts of its
    /// node.
    package static func uses(ofDevice path: String, number: UInt64) throws(DriverError)
        -> [MountEntry]
    {
        uses(ofDevice: path, number: number, among: try read())
    }

    /// The same among entries of this process's namespace that were read before.
    package static func uses(
        ofDevice path: String,
        number: UInt64,
        among entries: [MountEntry]
    ) -> [MountEntry] {
        DeviceMounts(of: path, number: number).uses(among: entries).map(\.mount)
    }

    /// Orders mounts on one path, each after the one below it.
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
    ///
    /// Each publish reads the whole table, so a line costs few allocations.
    static func parse(_ line: ArraySlice<UInt8>) -> MountEntry? {
        // The kernel leaves the source empty where there is none: two blanks in a row.
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard fields.count >= 10,
            let separator = fields[6...].firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }
            ),
            fields.count >= separator + 4,
            let mountID = number(fields[0]), let parentID = number(fields[1]),
            let device = deviceNumber(fields[2])
        else { return nil }
        return MountEntry(
            mountID: mountID,
            parentID: parentID,
            device: device,
            root: unescaped(fields[3]),
            target: unescaped(fields[4]),
            optionText: unescaped(fields[5]),
            fsType: unescaped(fields[separator + 1]),
            source: unescaped(fields[separator + 2]),
            superOptionText: unescaped(fields[separator + 3])
        )
    }

    private static func deviceNumber(_ field: ArraySlice<UInt8>) -> UInt64? {
        guard let colon = field.firstIndex(of: UInt8(ascii: ":")),
            let major = number(field[..<colon]).flatMap(UInt32.init(exactly:)),
            let minor = number(field[(colon + 1)...]).flatMap(UInt32.init(exactly:))
        else { return nil }
        return chost_make_device(major, minor)
    }

    private static func number(_ field: ArraySlice<UInt8>) -> UInt64? {
        guard !field.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in field {
            let (scaled, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = scaled.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), !isTooLarge, !overflows
            else { return nil }
            value = sum
        }
        return value
    }

    /// Undoes the kernel's `\040` for space, tab, newline and backslash.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
        guard field.contains(UInt8(ascii: "\\")) else { return text(field) }
        var bytes: [UInt8] = []
        var index = field.startIndex
        while index < field.endIndex {
            let digits = field[index...].dropFirst().prefix(3)
            if field[index] == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                index += 4
            } else {
                bytes.append(field[index])
                index += 1
            }
        }
        return text(bytes[...])
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(validating: bytes, as: UTF8.self) ?? String(decoding: bytes, as: UTF8.self) + "\0"
    }
}
