import CHostShim
import DriverCore
import Glibc

/// The mount namespaces of other processes, as far as they are visible in /proc.
///
/// In a container without the host's process ids that is nothing but the container itself.
enum MountNamespaces {
    /// One process of each mount namespace that is not this process's own.
    ///
    /// Costs one link of /proc for each process.
    static func others() throws(DriverError) -> [pid_t] {
        var seen: Set<String> = []
        if let own = SystemFile.link("/proc/self/ns/mnt") { seen.insert(own) }
        var found: [pid_t] = []
        for name in try SystemFile.names(in: "/proc") {
            guard let pid = pid_t(name), let namespace = SystemFile.link("/proc/\(pid)/ns/mnt"),
                seen.insert(namespace).inserted
            else { continue }
            found.append(pid)
        }
        return found
    }

    /// The uses of the device in a process's mount namespace; none where the process is gone.
    ///
    /// A table that has nothing to do with the device is read and searched, but not parsed.
    static func uses(of device: DeviceMounts, in pid: pid_t) throws(DriverError)
        -> [DeviceMounts.Use]
    {
        let path = "/proc/\(pid)/mountinfo"
        guard let bytes = try table(path), mayShow(device, in: bytes) else { return [] }
        let entries = try MountTable.parse(table: bytes, of: path)
        return device.uses(among: entries, root: "/proc/\(pid)/root")
    }

    /// The mounts of a process's mount namespace; none where it is gone, or not readable.
    static func entries(in pid: pid_t) throws(DriverError) -> [MountEntry] {
        let path = "/proc/\(pid)/mountinfo"
        guard let bytes = try table(path) else { return [] }
        return try MountTable.parse(table: bytes, of: path)
    }

    /// nil where the process has ended, or its mounts are not readable.
    private static func table(_ path: String) throws(DriverError) -> [UInt8]? {
        // A process that waits for its parent has no namespace any more: EINVAL.
        try SystemFile.readIfThere(path, nothing: [EINVAL, EACCES, EPERM])
    }

    private static func mayShow(_ device: DeviceMounts, in table: [UInt8]) -> Bool {
        let major = chost_device_major(device.number)
        let minor = chost_device_minor(device.number)
        let words = [" \(major):\(minor) ", " \(device.path) ", " - \(DeviceMounts.anonymous) "]
        if words.contains(where: { table.holds($0) }) { return true }
        // Nearly every namespace has a tmpfs; only a bind of something in one can be a node.
        return DeviceMounts.nodeHolders.contains { type in
            table.lines(holding: " - \(type) ").contains { line in
                let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
                return fields.count < 5 || !fields[3].elementsEqual([UInt8(ascii: "/")])
            }
        }
    }
}

extension [UInt8] {
    fileprivate func holds(_ word: String) -> Bool { position(of: word, from: 0) != nil }

    /// The lines that have a word.
    fileprivate func lines(holding word: String) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = []
        var start = 0
        while let place = position(of: word, from: start) {
            let newline = UInt8(ascii: "\n")
            let begin = self[..<place].lastIndex(of: newline).map { $0 + 1 } ?? 0
            let end = self[place...].firstIndex(of: newline) ?? endIndex
            found.append(self[begin..<end])
            start = end
        }
        return found
    }

    private func position(of word: String, from start: Int) -> Int? {
        let needle = Array(word.utf8)
        return unsafe withUnsafeBytes { table -> Int? in
            guard let base = table.baseAddress, start < table.count else { return nil }
            let rest = unsafe base + start
            let place = unsafe chost_position(rest, table.count - start, needle, needle.count)
            return place < 0 ? nil : start + Int(place)
        }
    }
}
