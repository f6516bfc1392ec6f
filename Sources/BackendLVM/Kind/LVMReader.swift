import Configuration
import DriverCore

/// Reads the values below `lvm`.
enum LVMReader {
    private static let thinKeys = ["thinPool", "overcommit"]
    private static let thickKeys = ["wipe", "snapshotReserve", "createOptions"]

    static let keys = ["volumeGroup"] + thinKeys + thickKeys

    /// `pool` is the value of `thinPool`.
    static func thin(_ pool: NamedNode, _ lvm: MappingReader) throws(ConfigurationProblem)
        -> ThinOptions
    {
        let name = try name(pool)
        try refuse(thickKeys, in: lvm, "accepted only without thinPool")
        return ThinOptions(
            pool: name,
            overcommit: try lvm.optional("overcommit")?.number(atLeast: 0.1) ?? 1
        )
    }

    static func thick(_ lvm: MappingReader) throws(ConfigurationProblem) -> ThickOptions {
        try refuse(thinKeys, in: lvm, "accepted only with thinPool")
        let wipe = try lvm.optional("wipe")
        let thick = ThickOptions(
            wipe: try wipe?.choice(WipePolicy.self) ?? .zero,
            snapshotReserve: try lvm.optional("snapshotReserve")?.percent(1...100)
                ?? defaultSnapshotReserve,
            layout: try lvm.optional("createOptions").map(LayoutReader.read) ?? .linear
        )
        guard let wipe, !thick.wipe.suits(thick.layout) else { return thick }
        throw ConfigurationProblem(
            line: wipe.line,
            "'wipe' cannot be discard with raid, which does not promise zeros after a discard: use zero"
        )
    }

    /// In percent: a fifth of the volume overwritten before the snapshot is lost.
    private static let defaultSnapshotReserve = 20

    private static func refuse(_ keys: [String], in lvm: MappingReader, _ reason: String)
        throws(ConfigurationProblem)
    {
        guard let found = lvm.present(among: keys).first else { return }
        throw ConfigurationProblem(line: found.line, "'\(found.key)' is \(reason)")
    }

    /// A name of a group or a volume.
    ///
    /// Source: lvm(8), "Valid names"; 127 characters are what the device mapper has room for.
    static func name(_ node: NamedNode) throws(ConfigurationProblem) -> String {
        let accepted =
            "an LVM name: letters, digits, '+', '_', '.' and, but not first, '-', at most 127"
        let name = try node.text(accepted: accepted)
        let isAllowed = { (byte: UInt8) in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || "+_.-".utf8.contains(byte)
        }
        guard (1...127).contains(name.utf8.count), !name.hasBytePrefix("-"), name != ".",
            name != "..",
            name.utf8.allSatisfy(isAllowed)
        else { throw node.refusal(accepted: accepted) }
        return name
    }
}
