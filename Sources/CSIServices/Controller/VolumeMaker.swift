internal import Backend
internal import DriverCore
internal import Host

/// Decides what a new volume is to be, and has its tier make it; for CreateVolume and for inline
/// volumes.
///
/// The caller holds the volume's key, and shares its source's.
struct VolumeMaker: Sendable {
    /// What a request without any size gets.
    static let preferredSize = ByteCount.gibibytes(1)

    let identity: NodeIdentity
    let tiers: Tiers
    let now: @Sendable () -> Timestamp

    /// The facts of a source that its copy takes over.
    private struct Origin {
        let tier: String
        let size: ByteCount
        let contents: VolumeRecord.Contents
        let filesystem: FilesystemType?
    }

    func make(_ wanted: RequestedVolume, id: VolumeID, progress: Progress) throws(DriverError)
        -> VolumeRecord
    {
        let backend = try tiers.tier(named: wanted.parameters.tier)
        if let existing = try tiers.findForCreate(id, in: backend) {
            try wanted.check(matches: existing.record, on: identity, tier: backend.tier)
            return existing.record
        }
        guard wanted.isReachable(on: identity) else {
            throw DriverError(
                .outOfSpace,
                "node '\(identity.nodeID)' is not among the topologies that the volume may use"
            )
        }
        let target = try backend.laidOut(as: wanted.parameters.layout)
        let record = try plan(wanted, id: id, in: target)
        return try target.createVolume(record, progress: progress)
    }

    private func plan(_ wanted: RequestedVolume, id: VolumeID, in backend: any VolumeBackend)
        throws(DriverError) -> VolumeRecord
    {
        let origin = try origin(of: wanted, in: backend)
        let filesystem = try filesystem(of: wanted, from: origin, in: backend)
        let size = try wanted.range.size(
            preferring: origin?.size ?? Self.preferredSize,
            minimum: filesystem.map(Filesystems.minimumSize(of:)) ?? backend.sizeUnit,
            unit: backend.sizeUnit
        )
        if let origin, size < origin.size {
            throw DriverError(
                .unsupportedSize,
                "a copy cannot be smaller than its source: asked \(size), source \(origin.size)"
            )
        }
        return VolumeRecord(
            id: id,
            name: wanted.name,
            tier: backend.tier,
            size: size,
            createdSize: size,
            capabilities: wanted.accesses.map(\.recorded),
            filesystem: filesystem,
            parameters: wanted.parameters.kept,
            source: wanted.source,
            created: now(),
            contents: origin?.contents.ofCopy ?? .blank,
            isEphemeral: wanted.isEphemeral,
            claim: wanted.parameters.claim
        )
    }

    private func origin(of wanted: RequestedVolume, in backend: any VolumeBackend)
        throws(DriverError) -> Origin?
    {
        let origin: Origin
        switch wanted.source {
        case nil: return nil
        case .snapshot(let id):
            guard let found = try tiers.find(id)?.record else {
                throw identity.absence(of: id, "snapshot")
            }
            origin = Origin(
                tier: found.tier,
                size: found.size,
                contents: found.contents,
                filesystem: found.filesystem
            )
        case .volume(let id):
            let found = try tiers.existing(id, of: identity).record
            origin = Origin(
                tier: found.tier,
                size: found.size,
                contents: found.contents,
                filesystem: found.filesystem
            )
        }
        guard origin.tier == backend.tier else {
            throw DriverError(
                .invalidRequest,
                "the source lies in tier '\(origin.tier)'; a copy into tier '\(backend.tier)' is "
                    + "not possible, use a StorageClass of the source's tier"
            )
        }
        return origin
    }

    /// A copy keeps its source's file system; an empty volume gets the one that is asked for.
    private func filesystem(
        of wanted: RequestedVolume,
        from origin: Origin?,
        in backend: any VolumeBackend
    ) throws(DriverError) -> FilesystemType? {
        let asked = try wanted.filesystem()
        if let held = origin?.filesystem {
            guard asked == nil || asked == held else {
                throw DriverError(
                    .invalidRequest,
                    "the source holds \(held.rawValue); a copy of it cannot be "
                        + "\(asked?.rawValue ?? "")"
                )
            }
            return held
        }
        guard wanted.isMountable else {
            try refuseOptions(of: wanted)
            return nil
        }
        let chosen = asked ?? backend.defaultFilesystem
        _ = try Filesystems.parse(mkfsOptions: wanted.parameters.mkfsOptions ?? "", for: chosen)
        return chosen
    }

    private func refuseOptions(of wanted: RequestedVolume) throws(DriverError) {
        guard wanted.parameters.mkfsOptions != nil else { return }
        throw DriverError(.invalidRequest, "mkfsOptions make no sense for a raw block volume")
    }
}
