/// What a tier has repaired since the process began, and what its latest scan could not explain.
///
/// A look compares records, data, devices and mounts: at the start, and whenever the driver is
/// asked. The figures are for the log and for a metrics page.
package struct RepairFigures: Sendable, Hashable {
    /// Something that cannot be explained or repaired; it is logged and not changed.
    package enum Kind: String, Sendable, CaseIterable {
        /// An object that is half-made or half-deleted, and cannot be removed.
        case leftover
        /// A volume that a crash left frozen or suspended, and that cannot be thawed or resumed.
        case frozen
        /// An object whose record cannot be read.
        case record
        /// An object whose data is missing or short.
        case data
        /// Something that Cairn did not make.
        case stranger
        /// A loop device that shows a removed file, or one that is no volume's.
        case device
    }

    package var looks = 0
    /// Half-made and half-deleted objects that were removed.
    package var removed = 0
    /// Volumes that were thawed.
    package var thawed = 0
    /// Devices that a killed command had left suspended and that were resumed.
    package var resumed = 0
    /// Devices that nothing used and that were detached.
    package var detached = 0
    /// From the latest scan; no entry for a kind without findings.
    package var unexplained: [Kind: Int] = [:]

    package init() {}

    package mutating func count(_ kind: Kind) { unexplained[kind, default: 0] += 1 }

    /// Adds the repairs and findings of one more scan.
    package mutating func add(_ look: RepairFigures) {
        looks += 1
        removed += look.removed
        thawed += look.thawed
        resumed += look.resumed
        detached += look.detached
        unexplained = look.unexplained
    }

    /// `device 1, stranger 2`; `nothing` where all is explained.
    package var unexplainedText: String {
        let parts = unexplained.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key.rawValue) \($0.value)" }
        return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
    }
}
