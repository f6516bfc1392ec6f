import CHostShim
import DriverCore

/// The holders of file locks on this host; for messages, never for decisions.
package enum FileLocks {
    /// The process that holds the exclusive flock(2) of a file.
    ///
    /// nil where none does, or where it is not visible, as from another process namespace.
    package static func holder(of file: FileIdentity) -> Int32? {
        guard let bytes = try? SystemFile.read("/proc/locks") else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).byteSplit(separator: "\n")
        return lines.lazy.compactMap { holder(in: $0, of: file) }.first
    }

    /// Reads `1: FLOCK  ADVISORY  WRITE 3568 fe:00:1048584 0 EOF`.
    ///
    /// Who waits for a lock has an arrow behind the number. Source: proc(5).
    private static func holder(in line: Substring, of file: FileIdentity) -> Int32? {
        let words = line.byteSplit(separator: " ")
        guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE" else { return nil }
        let place = words[5].byteSplit(separator: ":")
        guard place.count == 3, let major = UInt32(place[0], radix: 16),
            let minor = UInt32(place[1], radix: 16), let inode = UInt64(place[2]),
            FileIdentity(device: chost_make_device(major, minor), inode: inode) == file
        else { return nil }
        return Int32(words[4])
    }
}
