import DriverCore
import Host

/// Why a command of LVM failed, as far as its words can be trusted.
///
/// LVM says "not found" also where a disk answered with an error, so only what it says about room is
/// believed; whoever needs the cause of anything else looks at the disks.
struct LVMComplaint: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// The group has too few free extents, or too few disks with some.
        case noSpace
        /// The text that describes the group fills its area on the disks.
        case metadataAreaFull
        case other
    }

    let kind: Kind
    private let output: CommandOutput

    init(_ output: CommandOutput) {
        self.output = output
        let said = output.standardError
        kind = Self.words.first { said.contains($0.text) }?.kind ?? .other
    }

    /// Parts of LVM's messages.
    ///
    /// Source: lib/metadata/lv_manip.c and lib/format_text/format-text.c of
    /// LVM 2.03.16.
    private static let words: [(text: String, kind: Kind)] = [
        ("too large for circular buffer", .metadataAreaFull),
        ("exceeds maximum metadata size", .metadataAreaFull),
        ("nsufficient free space", .noSpace),
        ("nsufficient suitable allocatable extents", .noSpace),
        ("must not exceed number of physical volumes", .noSpace),
        ("nsufficient suitable contiguous allocatable extents", .noSpace),
    ]

    /// The failure in words.
    ///
    /// The caller must know that nothing was left behind, or say otherwise.
    func error(of subcommand: String) -> DriverError {
        let what = "\(subcommand) ended with code \(output.exitCode): \(output.complaint)"
        return switch kind {
        case .noSpace: DriverError(.outOfSpace, what)
        case .metadataAreaFull:
            DriverError(
                .outOfSpace,
                "\(what); the volume group's metadata area is full: remove volumes or snapshots, or "
                    + "make a group whose disks have a larger one (pvcreate --metadatasize 32m)"
            )
        case .other: DriverError(.hostFailure, what)
        }
    }
}
