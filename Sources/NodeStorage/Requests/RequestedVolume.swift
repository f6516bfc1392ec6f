package import Backend
internal import DriverCore
internal import Naming

/// A request for a new volume, checked as far as possible without storage.
package struct RequestedVolume: Sendable {
    package let name: String
    package let range: SizeRange
    package let accesses: [VolumeAccess]
    package let parameters: VolumeParameters
    package let source: VolumeSource?
    /// The topologies of which one must fit; empty where any does.
    package let requisite: [[String: String]]
    package let isEphemeral: Bool

    package init(
        name: String,
        range: SizeRange,
        accesses: [VolumeAccess],
        parameters: VolumeParameters,
        source: VolumeSource? = nil,
        requisite: [[String: String]] = [],
        isEphemeral: Bool = false
    ) {
        self.name = name
        self.range = range
        self.accesses = accesses
        self.parameters = parameters
        self.source = source
        self.requisite = requisite
        self.isEphemeral = isEphemeral
    }

    /// The file system that the request names; nil where the driver chooses.
    func filesystem() throws(DriverError) -> FilesystemType? {
        let named = Set(accesses.compactMap(\.filesystem))
        guard named.count <= 1 else {
            throw DriverError(
                .invalidRequest,
                "volume_capabilities name more than one file system: "
                    + named.map(\.rawValue).sorted().joined(separator: ", ")
            )
        }
        return named.first
    }

    var isMountable: Bool { accesses.contains { !$0.isBlock } }

    /// Throws `conflict`, naming the first field that differs from what was created before.
    func check(matches record: VolumeRecord, on identity: NodeIdentity, tier: String)
        throws(DriverError)
    {
        // A volume that has grown since is as large as the first call made it, or larger.
        let isSizeRight =
            record.size >= range.required && (range.limit.map { record.createdSize <= $0 } ?? true)
        let parameter = parameters.difference(from: record)
        let comparisons: [(String, Bool)] = [
            ("name", record.name.hasSameBytes(as: name)),
            ("tier", record.tier == tier),
            ("size: \(wantedSize) is requested", isSizeRight),
            ("volume capabilities", Set(record.capabilities) == Set(accesses.map(\.recorded))),
            ("parameter '\(parameter ?? "")'", parameter == nil),
            ("volume content source", record.source == source),
            ("accessibility requirements", isReachable(on: identity)),
            ("volume lifecycle mode", record.isEphemeral == isEphemeral),
        ]
        guard let different = comparisons.first(where: { !$0.1 })?.0 else { return }
        throw DriverError(
            .conflict,
            "volume '\(name)' exists as \(record.id) (\(record.size), tier '\(record.tier)') with "
                + "a different \(different)"
        )
    }

    private var wantedSize: String {
        range.required > .zero
            ? "\(range.required)" : "at most \(range.limit ?? .zero)"
    }

    /// Whether a volume on this node can satisfy the request's topology.
    func isReachable(on identity: NodeIdentity) -> Bool {
        requisite.isEmpty || requisite.contains(where: identity.satisfies)
    }
}
