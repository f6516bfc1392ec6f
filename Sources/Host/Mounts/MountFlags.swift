import CHostShim
import DriverCore
import Glibc

/// Mount options of a request, split by libmount's tables as mount(8) would.
struct MountFlags {
    /// The flags of mount(2).
    var kernel: UInt64
    /// What is handed to the file system: `discard,context="..."`.
    let data: String

    /// Throws `invalidRequest` for an option that would make mount(2) do something else than mount
    /// this device, or that names another file, device or program.
    init(_ options: [String]) throws(DriverError) {
        for option in options where option.utf8.contains(0) || option.utf8.contains(10) {
            throw DriverError(.invalidRequest, "a mount flag holds a NUL or a line break")
        }
        let text = options.filter { !$0.isEmpty }.joined(separator: ",")
        try Self.checkNames(in: text)
        var flags: UInt64 = 0
        var userFlags: UInt64 = 0
        var data = [CChar](repeating: 0, count: Int(chost_mount_data_size))
        do throws(Errno) {
            _ = try Errno.check {
                unsafe chost_mount_parse(text, &flags, &userFlags, &data)
            }
        } catch {
            throw error.failure(to: "understand the mount flags", .invalidRequest)
        }
        guard flags & chost_forbidden_mount_flags == 0,
            userFlags & chost_forbidden_mount_user_flags == 0
        else {
            throw DriverError(
                .invalidRequest,
                "the mount flags hold one that is not for a volume: bind, remount, move, loop, "
                    + "offset, helper, verity and propagation flags are refused"
            )
        }
        kernel = flags
        let bytes = data.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        self.data = String(decoding: bytes, as: UTF8.self)
    }

    /// Options by which a file system would use a second device or show another part of its own.
    ///
    /// `move` is here because libmount does not know it. Source: the options of ext4, xfs and btrfs in the kernel's Documentation/filesystems.
    private static let refusedNames: Set<String> = [
        "device", "journal_dev", "journal_path", "logdev", "move", "rtdev", "subvol", "subvolid",
    ]

    private static func checkNames(in text: String) throws(DriverError) {
        for option in text.split(separator: ",") {
            let name = option.prefix { $0 != "=" }
            guard !refusedNames.contains(String(name)) else {
                throw DriverError(
                    .invalidRequest,
                    "mount flag '\(name)' would show something else than the volume; remove it"
                )
            }
        }
    }
}
