import CHostShim
import DriverCore
import Glibc

/// A file system that is about to be mounted.
///
/// Settings are collected, then the mount is made; the kernel's messages say what it refuses.
///
/// Source: fsopen(2) and fsconfig(2) as in the kernel's Documentation/filesystems/mount_api.rst.
struct FilesystemContext: ~Copyable {
    private let descriptor: OwnedDescriptor

    init(of type: FilesystemType) throws(Errno) {
        descriptor = OwnedDescriptor(
            adopting: try Errno.check { unsafe chost_filesystem_open(type.rawValue) }
        )
    }

    func set(_ setting: MountFlags.Setting) throws(Errno) {
        _ = try Errno.check {
            unsafe chost_filesystem_set(descriptor.rawValue, setting.key, setting.value)
        }
    }

    /// Mounts it detached, so that no process sees it yet.
    func mount() throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try Errno.check { chost_filesystem_mount(descriptor.rawValue) }
        )
    }

    /// The kernel's messages so far, without the severity: `ext4: Unknown parameter 'x'`.
    ///
    /// The values of mount flags may be secrets, so a line that repeats one is left out.
    func messages(about settings: [MountFlags.Setting]) -> String? {
        let values = settings.compactMap(\.value).filter { $0.utf8.count > 1 }
        let lines = lines().filter { line in !values.contains { line.contains($0) } }
        return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }

    private func lines() -> [String] {
        var lines: [String] = []
        // The kernel keeps eight.
        for _ in 0..<16 {
            var bytes = [CChar](repeating: 0, count: 1024)
            let count = unsafe chost_filesystem_message(descriptor.rawValue, &bytes, bytes.count)
            guard count > 0 else { break }
            let text = String(
                decoding: bytes.prefix(Int(count)).map(UInt8.init(bitPattern:)),
                as: UTF8.self
            )
            lines.append(Self.words(of: text))
        }
        return lines
    }

    /// `e ` for an error, `w ` for a warning, `i ` for information.
    private static func words(of message: String) -> String {
        let marks = ["e ", "w ", "i "]
        let words = marks.lazy.compactMap { message.removingBytePrefix($0) }.first
        return String((words ?? message[...]).bytePrefix(before: "\n"))
    }
}
