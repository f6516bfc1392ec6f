internal import Backend
internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import Host
internal import NodeStorage

/// A checked NodePublishVolume request, and the rules for it.
struct RequestedPublication: Sendable {
    /// Set by kubelet for an inline volume.
    ///
    /// Source: Kubernetes CSI documentation, "podInfoOnMount".
    static let ephemeralKey = StandardKeys.ephemeral

    let target: TargetPath
    /// nil for an inline volume, which is not staged.
    let staging: TargetPath?
    let access: VolumeAccess
    let isReadOnly: Bool
    let isEphemeral: Bool
    let context: [String: String]

    init(_ request: NodePublishVolumeRequest, settings: NodeSettings) throws(DriverError) {
        try RequestLimits.require(request.volumeID, "volume_id")
        try RequestLimits.requirePath(request.targetPath, "target_path")
        access = try VolumeAccess(request.volumeCapability)
        try RequestLimits.check(request.volumeContext, "volume_context")
        target = try TargetPath(request.targetPath, kubeletRoot: settings.kubeletRoot)
        isReadOnly = request.readonly || access.isReadOnly
        isEphemeral = request.volumeContext[Self.ephemeralKey] == "true"
        context = request.volumeContext
        if !isEphemeral { try VolumeContext.check(context) }
        guard isEphemeral || !request.stagingTargetPath.isEmpty else {
            throw DriverError(
                .inUse,
                "staging_target_path is missing; the volume must be staged first"
            )
        }
        staging =
            isEphemeral
            ? nil : try TargetPath(request.stagingTargetPath, kubeletRoot: settings.kubeletRoot)
    }

    var stagingPath: String { staging?.path ?? "" }

    /// The publication for the note of use.
    ///
    /// The target's parent must exist.
    func publication() throws(DriverError) -> UsageNote.Publication {
        UsageNote.Publication(
            target: target.path,
            mountedAt: try target.resolved() ?? target.path,
            access: UsageNote.UsedAccess(access),
            isReadOnly: isReadOnly
        )
    }

    func notStaged(_ id: VolumeID) -> DriverError {
        DriverError(.inUse, "volume \(id) is not staged at \(stagingPath); stage it first")
    }

    func checkStaged(_ id: VolumeID, _ noted: UsageNote.Staging?, _ mounts: VolumeMounts)
        throws(DriverError)
    {
        if access.isBlock {
            guard noted.map({ $0.path.hasSameBytes(as: stagingPath) && $0.access.isBlock }) ?? true
            else {
                throw notStaged(id)
            }
        } else {
            guard let staging,
                case .thisVolume(let isStagedReadOnly) = try mounts.layer(at: staging)
            else {
                throw notStaged(id)
            }
            guard isReadOnly || !isStagedReadOnly else {
                throw DriverError(
                    .inUse,
                    "volume \(id) is staged read-only at \(stagingPath) and cannot be published "
                        + "writable"
                )
            }
        }
    }

    /// Whether an earlier call has published the volume with the same arguments.
    ///
    /// Throws where the target shows something else.
    func isPublished(among alive: [UsageNote.Publication], _ mounts: VolumeMounts, id: VolumeID)
        throws(DriverError) -> Bool
    {
        switch try mounts.layer(at: target) {
        case .nothing: return false
        case .somethingElse(let source):
            throw DriverError(
                .inUse,
                "\(target.path) is a mount of \(source); unmount it before publishing there"
            )
        case .thisVolume(let isMountedReadOnly):
            let known = alive.first { $0.target.hasSameBytes(as: target.path) }
            let same = try publication()
            guard known.map({ $0 == same }) ?? (isMountedReadOnly == isReadOnly) else {
                throw DriverError(
                    .conflict,
                    "volume \(id) is published at \(target.path) with other arguments; unpublish it first"
                )
            }
            return true
        }
    }

    /// Applies the table of CSI NodePublishVolume for a second target: only
    /// SINGLE_NODE_MULTI_WRITER allows one.
    ///
    /// `others` are all other places where pods see the volume. A mode that is not noted is one of
    /// those that the volume was made for; unless that leaves but SINGLE_NODE_MULTI_WRITER, it counts
    /// as a conflict.
    func checkOthers(_ others: [VisiblePublication], of record: VolumeRecord) throws(DriverError) {
        guard let first = others.first else { return }
        let made = record.capabilities.filter { $0.isBlock == access.isBlock }
        let isMadeShared = made.allSatisfy { $0.mode == VolumeAccess.Mode.multiWriter.rawValue }
        func isShared(_ other: VisiblePublication) -> Bool {
            other.mode.map { $0 == .multiWriter } ?? isMadeShared
        }
        guard access.mode == .multiWriter else {
            throw refusal(
                of: record.id,
                for: first,
                "\(access.mode.rawValue) allows one target only"
            )
        }
        if let other = others.first(where: { !isShared($0) }) {
            let reason =
                other.mode.map { "\($0.rawValue) allows one target only" }
                ?? "the note of its access mode is lost: the mode may allow one target only"
            throw refusal(of: record.id, for: other, reason)
        }
        if access.isBlock, let other = others.first(where: { $0.isReadOnly != isReadOnly }) {
            throw DriverError(
                .inUse,
                "block volume \(record.id) is published "
                    + "\(other.isReadOnly ? "read-only" : "writable") at \(other.target); a device is "
                    + "read-only either at all targets or at none"
            )
        }
    }

    private func refusal(of id: VolumeID, for other: VisiblePublication, _ reason: String)
        -> DriverError
    {
        DriverError(.inUse, "volume \(id) is published at \(other.target), and \(reason)")
    }
}
