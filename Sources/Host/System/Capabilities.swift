import DriverCore

/// The capabilities of this process.
enum Capabilities {
    /// Source: linux/capability.h.
    enum Capability: UInt64 {
        case sysAdmin = 21
        case sysResource = 24
    }

    /// Whether the process has it; false where the kernel does not say.
    static func hold(_ capability: Capability) -> Bool {
        effective & (1 << capability.rawValue) != 0
    }

    /// Never changes: the driver drops no capability.
    private static let effective: UInt64 = {
        guard let status = try? SystemFile.read("/proc/self/status") else { return 0 }
        for line in status.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line, as: UTF8.self)
            guard let mask = text.removingBytePrefix("CapEff:") else { continue }
            return UInt64(mask.byteWords.joined(), radix: 16) ?? 0
        }
        return 0
    }()
}
