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
    /// this device, that names another file, device or program, or that lets a fault of the volume
    /// become one of the node.
    init(_ options: [String]) throws(DriverError) {
        for option in options { try Self.checkBytes(of: option) }
        let text = options.filter { !$0.isEmpty }.joined(separator: ",")
        try MountFlagRules.check(text)
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

    /// No option of mount(8) or of a file system needs more than printable ASCII.
    ///
    /// Blanks are among what is refused: libmount drops them around a name, so that one of the
    /// refused names would be another here and the same to the file system.
    private static func checkBytes(of option: String) throws(DriverError) {
        guard let byte = option.utf8.first(where: { !(0x21...0x7E).contains($0) }) else { return }
        throw DriverError(
            .invalidRequest,
            "mount flag '\(option.shortened(toBytes: 64))' holds the byte 0x"
                + "\(String(byte, radix: 16)); flags are printable ASCII without blanks"
        )
    }
}
