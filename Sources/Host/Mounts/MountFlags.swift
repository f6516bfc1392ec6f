import CHostShim
import DriverCore
import Glibc

/// Mount options of a request, split by libmount's tables as mount(8) would.
struct MountFlags {
    /// The flags of mount(2).
    var kernel: UInt64
    /// The options for the file system: `discard,context="..."`.
    let data: String

    /// Throws `invalidRequest` for an option that is not allowed for a volume.
    ///
    /// One that makes mount(2) do something other than mount this device, names another file,
    /// device or program, or lets a damaged volume harm the node.
    init(_ options: [String]) throws(DriverError) {
        let trimmed = options.map(Self.trimmed)
        for option in trimmed { try Self.checkBytes(of: option) }
        let text = trimmed.filter { !$0.isEmpty }.joined(separator: ",")
        try MountFlagRules.check(text)
        var flags: UInt64 = 0
        var userFlags: UInt64 = 0
        var data = [CChar](repeating: 0, count: Int(chost_mount_data_size))
        do throws(Errno) {
            _ = try Errno.check {
                unsafe chost_mount_parse(text, &flags, &userFlags, &data)
            }
        } catch {
            throw error.failure(to: "parse the mount flags", .invalidRequest)
        }
        guard flags & chost_forbidden_mount_flags == 0,
            userFlags & chost_forbidden_mount_user_flags == 0
        else {
            throw DriverError(
                .invalidRequest,
                "a mount flag is not allowed for a volume: remove bind, remount, move, loop, offset, "
                    + "helper, verity and propagation flags"
            )
        }
        kernel = flags
        let bytes = data.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        self.data = String(decoding: bytes, as: UTF8.self)
    }

    /// No option of mount(8) or of a file system needs more than printable ASCII.
    ///
    /// Blanks inside an option are among what is refused; those around it are dropped before, as
    /// libmount drops them, so that a refused name has one spelling.
    private static func checkBytes(of option: String) throws(DriverError) {
        guard let byte = option.utf8.first(where: { !(0x21...0x7E).contains($0) }) else { return }
        throw DriverError(
            .invalidRequest,
            "mount flag '\(option.bytePrefix(before: "=").shortened(toBytes: 64))' has the byte 0x"
                + "\(String(byte, radix: 16)); use printable ASCII without blanks"
        )
    }

    /// The option without blanks around its parts.
    private static func trimmed(_ option: String) -> String {
        items(of: Array(option.utf8)).map { item in
            let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            let front = item.drop(while: isBlank)
            return String(decoding: front.reversed().drop(while: isBlank).reversed(), as: UTF8.self)
        }.joined(separator: ",")
    }

    /// The parts between commas that stand outside quotes.
    private static func items(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        var isQuoted = false
        return text.split(omittingEmptySubsequences: false) { byte in
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            return byte == UInt8(ascii: ",") && !isQuoted
        }
    }
}

extension MountFlags {
    /// One setting of a file system, as fsconfig(2) takes it.
    struct Setting: Sendable, Hashable {
        let key: String
        /// nil for a flag; may be a secret.
        let value: String?
    }

    /// The file system's settings, in order; the last one wins where two contradict.
    ///
    /// A file system that finds itself damaged must not take the node with it, whatever its
    /// superblock says: ext4 turns read-only. xfs shuts down and btrfs turns read-only by
    /// themselves; neither stores another wish.
    func settings(of filesystem: FilesystemType) -> [Setting] {
        let own = Self.items(of: Array(data.utf8)).filter { !$0.isEmpty }.map(Self.setting)
        let safe = filesystem == .ext4 ? [Setting(key: "errors", value: "remount-ro")] : []
        return ofEveryFilesystem + own + safe
    }

    /// The flags of mount(2) that belong to the file system and not to the mount.
    private var ofEveryFilesystem: [Setting] {
        // Source: MS_RDONLY, MS_SYNCHRONOUS, MS_MANDLOCK, MS_DIRSYNC, MS_I_VERSION and MS_LAZYTIME of
        // linux/mount.h.
        let known: [(flag: UInt64, key: String)] = [
            (1, "ro"), (16, "sync"), (64, "mand"), (128, "dirsync"), (1 << 23, "iversion"),
            (1 << 25, "lazytime"),
        ]
        return known.filter { kernel & $0.flag != 0 }.map { Setting(key: $0.key, value: nil) }
    }

    /// The kernel does not want the quotes that hide commas from mount(8).
    private static func setting(_ item: ArraySlice<UInt8>) -> Setting {
        let key = String(decoding: item.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
        guard key.utf8.count < item.count else { return Setting(key: key, value: nil) }
        var value = item.dropFirst(key.utf8.count + 1)
        if value.count > 1, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
            value = value.dropFirst().dropLast()
        }
        return Setting(key: key, value: String(decoding: value, as: UTF8.self))
    }
}
