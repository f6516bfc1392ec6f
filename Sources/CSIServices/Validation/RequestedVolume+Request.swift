internal import Backend
internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import NodeStorage

extension RequestedVolume {
    /// `kinds` says what each kind of backend lets a class ask for.
    init(_ request: CreateVolumeRequest, _ kinds: [ClassParameters]) throws(DriverError) {
        try RequestLimits.checkName(request.name)
        let range = try SizeRange(request.capacityRange)
        let parameters = try VolumeParameters(request.parameters, kinds)
        let accesses = try Self.accesses(request.volumeCapabilities, parameters.filesystem)
        let source = try Self.source(request.volumeContentSource)
        guard request.mutableParameters.isEmpty else {
            throw DriverError(
                .invalidRequest,
                "mutable_parameters are not supported; remove the VolumeAttributesClass"
            )
        }
        self.init(
            name: request.name,
            range: range,
            accesses: accesses,
            parameters: parameters,
            source: source,
            requisite: request.accessibilityRequirements?.requisite.map(\.segments) ?? []
        )
    }

    private static func accesses(_ capabilities: [VolumeCapability], _ named: FilesystemType?)
        throws(DriverError) -> [VolumeAccess]
    {
        var accesses: [VolumeAccess] = []
        for access in try [VolumeAccess](capabilities) { accesses.append(try access.naming(named)) }
        guard named == nil || accesses.contains(where: { !$0.isBlock }) else {
            throw DriverError(
                .invalidRequest,
                "a raw block volume cannot have the parameter '\(StandardKeys.filesystem)'; remove it"
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
            throw DriverError(.invalidRequest, "volume_content_source has no source")
        }
    }
}
