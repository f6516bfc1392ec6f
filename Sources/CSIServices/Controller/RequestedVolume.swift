internal import Backend
internal import CSIMessages
internal import DriverCore

/// A CreateVolume request, checked as far as the request alone allows.
struct RequestedVolume: Sendable {
    let name: String
    let range: SizeRange
    let accesses: [VolumeAccess]
    let parameters: VolumeParameters
    let source: VolumeSource?
    let requisite: [Topology]
    let isEphemeral: Bool

    init(_ request: CreateVolumeRequest) throws(DriverError) {
        try RequestLimits.checkName(request.name)
        name = request.name
        range = try SizeRange(request.capacityRange)
        parameters = try VolumeParameters(request.parameters)
        accesses = try Self.accesses(request.volumeCapabilities, parameters.filesystem)
        source = try Self.source(request.volumeContentSource)
        requisite = request.accessibilityRequirements?.requisite ?? []
        isEphemeral = false
        guard request.mutableParameters.isEmpty else {
            throw DriverError(
                .invalidRequest,
                "mutable_parameters are not supported; remove the VolumeAttributesClass"
            )
        }
    }

    /// An inline volume, named by kubelet's handle of it.
    init(
        ephemeral name: String,
        range: SizeRange,
        access: VolumeAccess,
        parameters: VolumeParameters
    )
        throws(DriverError)
    {
        try RequestLimits.checkName(name)
        self.name = name
        self.range = range
        accesses = [access]
        self.parameters = parameters
        source = nil
        requisite = []
        isEphemeral = true
    }

    /// The file system that the request names; nil where it leaves the choice to us.
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
        let comparisons: [(String, Bool)] = [
            ("name", record.name.hasSameBytes(as: name)),
            ("tier", record.tier == tier),
            ("capacity range", isSizeRight),
            ("volume capabilities", Set(record.capabilities) == Set(accesses.map(\.recorded))),
            ("parameters", parameters.difference(from: record) == nil),
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

    /// Whether a volume on this node can satisfy the request's topology.
    func isReachable(on identity: NodeIdentity) -> Bool {
        requisite.isEmpty || requisite.contains(where: identity.satisfies)
    }

    private static func accesses(_ capabilities: [VolumeCapability], _ named: FilesystemType?)
        throws(DriverError) -> [VolumeAccess]
    {
        var accesses: [VolumeAccess] = []
        for access in try [VolumeAccess](capabilities) { accesses.append(try access.naming(named)) }
        guard named == nil || accesses.contains(where: { !$0.isBlock }) else {
            throw DriverError(
                .invalidRequest,
                "'\(StandardKeys.filesystem)' makes no sense for a raw block volume"
            )
        }
        return accesses
    }

    private static func source(_ source: VolumeContentSource?) throws(DriverError) -> VolumeSource?
    {
        guard let source else { return nil }
        switch source.type {
        case .snapshot(let snapshot):
            try RequestLimits.require(snapshot.snapshotID, "snapshot_id of the content source")
            guard let id = SnapshotID(parsing: snapshot.snapshotID) else {
                throw DriverError(.notFound, "snapshot '\(snapshot.snapshotID)' does not exist")
            }
            return .snapshot(id)
        case .volume(let volume):
            try RequestLimits.require(volume.volumeID, "volume_id of the content source")
            guard let id = VolumeID(parsing: volume.volumeID) else {
                throw DriverError(.notFound, "volume '\(volume.volumeID)' does not exist")
            }
            return .volume(id)
        case nil:
            throw DriverError(.invalidRequest, "volume_content_source names no source")
        }
    }
}
