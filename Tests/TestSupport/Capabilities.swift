/// What the kernel lets this process do.
package enum Capabilities {
    /// CAP_SYS_RESOURCE, which the online growth of ext4 needs; some machines of tests lack it.
    package static var canGrowExt4: Bool {
        let status = (try? Bytes.read("/proc/self/status")) ?? []
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("CapEff:") }
        let digits = line?.split(whereSeparator: \.isWhitespace).last ?? ""
        // Source: linux/capability.h
        return (UInt64(digits, radix: 16) ?? 0) & 1 << 24 != 0
    }
}
