package import Backend
package import DriverCore
internal import Host
package import Naming

/// Decides tier, size and file system of a new volume, and has the tier make it.
///
/// For CreateVolume and for inline volumes.
///
/// The caller holds the volume's key, and shares its source's.
package struct VolumeMaker: Sendable {
    /// The size of a volume whose request has none.
    static let preferredSize = ByteCount.gibibytes(1)

    let identity: NodeIdentity
    let tiers: Tiers
    let admission: Admission
    let now: @Sendable () -> Timestamp

    package init(
        identity: NodeIdentity,
        tiers: Tiers,
        admission: Admission,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.identity = identity
        self.tiers = tiers
        self.admission = admission
        self.now = now
    }

    /// Finds the volume of an earlier try, or makes it; calls `permit` before, which may throw.
    package func make(
        _ wanted: RequestedVolume,
        id: VolumeID,
        progress: Progress,
        permit: () throws(DriverError) -> Void = {}
    ) throws(DriverError) -> VolumeRecord {
        let tier = try tier(of: wanted, id: id)
        if let existing = try tiers.findForCreate(id, in: tier) {
            try wanted.check(matches: existing.record, on: identity, tier: tier.name)
            return existing.record
        }
        try permit()
        guard wanted.isReachable(on: identity) else {
            throw DriverError(
                .outOfSpace,
                "the requested topology excludes node '\(identity.nodeID)'"
            )
        }
        let target = try tier.tailored(to: wanted.parameters.wishes)
        let record = try plan(wanted, id: id, in: target)
        return try admission.admitting(record, to: tiers) { () throws(DriverError) in
            try target.change { (it) throws(DriverError) in
                try it.createVolume(record, progress: progress)
            }
        } orUndoing: { () throws(DriverError) in
            // A refusal is final: what an earlier call left half-made goes as well.
            try target.change { (it) throws(DriverError) in try it.deleteVolume(id) }
        }
    }

    /// The tier that the request names, with its storage opened.
    ///
    /// Where this node has no such tier the answer is final, and sends the caller to another node.
    /// So it is not given where an earlier call with this name has made a volume here.
    private func tier(of wanted: RequestedVolume, id: VolumeID) throws(DriverError) -> Tier {
        let name = wanted.parameters.tier
        do throws(DriverError) {
            try tiers.checkConfigured(name)
        } catch {
            if let existing = try tiers.findForCreate(id) {
                try wanted.check(matches: existing.record, on: identity, tier: name ?? "")
            }
            if let origin = try origin(of: wanted) { throw origin.refusal(copyingInto: name) }
            if wanted.isEphemeral, let name { _ = try admission.inlinePolicy(of: name) }
            throw error
        }
        return try tiers.tier(named: name)
    }

    private func plan(_ wanted: RequestedVolume, id: VolumeID, in tier: Tier)
        throws(DriverError) -> VolumeRecord
    {
        let inline = wanted.isEphemeral ? try admission.inlinePolicy(of: tier.name) : nil
        let origin = try origin(of: wanted)
        if let origin { try check(origin, for: wanted, in: tier) }
        let filesystem = try filesystem(of: wanted, from: origin, in: tier)
        let size = try size(
            of: wanted,
            from: origin,
            preferring: preferredSize(inline, unit: tier.sizeUnit),
            filesystem,
            in: tier
        )
        try inline?.check(size, filesystem, in: tier)
        return VolumeRecord(
            id: id,
            name: wanted.name,
            tier: tier.name,
            size: size,
            createdSize: size,
            capabilities: wanted.accesses.map(\.recorded),
            filesystem: filesystem,
            blockSize: try blockSize(
                of: wanted,
                copying: (size: origin?.blockSize, isCopy: origin != nil),
                for: filesystem,
                in: tier
            ),
            parameters: wanted.parameters.kept,
            source: wanted.source,
            created: now(),
            contents: origin?.contents(ofCopyWith: filesystem) ?? .blank,
            isEphemeral: wanted.isEphemeral,
            claim: wanted.parameters.claim
        )
    }

    /// The size of the new volume; `preferred` is for a request without a size that is no copy.
    private func size(
        of wanted: RequestedVolume,
        from origin: VolumeOrigin?,
        preferring preferred: ByteCount,
        _ filesystem: FilesystemType?,
        in tier: Tier
    ) throws(DriverError) -> ByteCount {
        let size = try wanted.range.size(
            preferring: origin?.size ?? preferred,
            minimum: filesystem.map(Filesystems.minimumSize(of:)) ?? tier.sizeUnit,
            unit: tier.sizeUnit
        )
        if let origin, size < origin.size {
            throw DriverError(
                .unsupportedSize,
                "a copy cannot be smaller than its source: the request has \(size), "
                    + "the source \(origin.size)"
            )
        }
        return size
    }

    private func preferredSize(_ inline: InlinePolicy?, unit: ByteCount) -> ByteCount {
        guard let inline else { return Self.preferredSize }
        return min(Self.preferredSize, inline.maximumSize.roundedDown(toMultipleOf: unit))
    }

    private func origin(of wanted: RequestedVolume) throws(DriverError) -> VolumeOrigin? {
        switch wanted.source {
        case nil: return nil
        case .snapshot(let id):
            guard let found = try tiers.find(id)?.record else {
                throw identity.absence(of: id, "snapshot")
            }
            return VolumeOrigin(found)
        case .volume(let id):
            let volume = try tiers.existing(id, of: identity)
            try FilesystemFault.refuse(id, on: try volume.devices.current())
            return VolumeOrigin(volume.record)
        }
    }

    private func check(_ origin: VolumeOrigin, for wanted: RequestedVolume, in tier: Tier)
        throws(DriverError)
    {
        guard origin.tier == tier.name else { throw origin.refusal(copyingInto: tier.name) }
        let isChangeAllowed =
            wanted.parameters.allowsVolumeModeChange
            || admission.policy(of: tier.name).allowsVolumeModeChange
        if !isChangeAllowed { try origin.checkMode(of: wanted) }
    }

    /// The file system of the new volume: a copy keeps its source's.
    private func filesystem(
        of wanted: RequestedVolume,
        from origin: VolumeOrigin?,
        in tier: Tier
    ) throws(DriverError) -> FilesystemType? {
        let asked = try wanted.filesystem()
        if let origin, let held = origin.filesystem, wanted.isMountable {
            guard asked == nil || asked == held else {
                throw DriverError(
                    .invalidRequest,
                    "the source has the file system \(held.rawValue); its copy cannot have "
                        + "\(asked?.rawValue ?? "")"
                )
            }
            let types = origin.willBeFormatted ? [held] : FilesystemType.allCases
            try checkOptions(of: wanted, for: types)
            return held
        }
        guard wanted.isMountable else {
            try refuseOptions(of: wanted)
            return nil
        }
        let chosen = asked ?? tier.defaultFilesystem
        try checkOptions(of: wanted, for: [chosen])
        return chosen
    }

    /// Throws where mkfs options do not fit the file system.
    ///
    /// They reach the record, so they are checked also where a copy is not formatted.
    private func checkOptions(of wanted: RequestedVolume, for types: [FilesystemType])
        throws(DriverError)
    {
        guard let options = wanted.parameters.mkfsOptions else { return }
        var refusal: DriverError?
        for type in types {
            do throws(DriverError) {
                _ = try Filesystems.parse(mkfsOptions: options, for: type)
                return
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
    }

    private func refuseOptions(of wanted: RequestedVolume) throws(DriverError) {
        guard wanted.parameters.mkfsOptions != nil else { return }
        throw DriverError(
            .invalidRequest,
            "a raw block volume cannot have mkfsOptions; remove them"
        )
    }
}
