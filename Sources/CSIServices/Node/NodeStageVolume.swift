internal import Backend
internal import CSIMessages
internal import CSIServing
internal import DriverCore
internal import Host
internal import NodeStorage

extension NodeService {
    /// Attaches a volume, formats it if it is provably new, and mounts it at the staging path.
    func stageVolume(_ request: NodeStageVolumeRequest) async throws(DriverError)
        -> NodeStageVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        try RequestLimits.requirePath(request.stagingTargetPath, "staging_target_path")
        let access = try VolumeAccess(request.volumeCapability)
        try VolumeContext.check(request.volumeContext)
        try await operations.run("NodeStageVolume", holding: [.exclusive(request.volumeID)]) {
            (_) throws(DriverError) in
            let volume = try tiers.existing(volume: request.volumeID, of: identity)
            try access.check(against: volume.record)
            try stage(volume, at: try target(request.stagingTargetPath), access: access)
        }
        return NodeStageVolumeResponse()
    }

    private func stage(_ volume: Tiers.LocatedVolume, at path: TargetPath, access: VolumeAccess)
        throws(DriverError)
    {
        let id = volume.record.id
        let used = UsageNote.UsedAccess(access)
        let device = try volume.devices.current()
        let mounts: VolumeMounts
        do throws(DriverError) {
            mounts = try VolumeMounts(of: device, refusingFaultsOf: id)
        } catch {
            throw error.leavingSomething("an earlier call has staged it")
        }
        if try isStaged(id, at: path.path, as: used, device: device, mounts) { return }
        let isNew: Bool
        if access.isBlock {
            try stageBlock(volume)
            isNew = device == nil
        } else {
            isNew = try mount(volume, at: path, access: access, mounts)
        }
        do throws(DriverError) {
            try Failpoint.pass(.stageMade)
            let mountedAt = try path.resolved() ?? path.path
            try usage.update(id) {
                $0.staging = .init(path: path.path, mountedAt: mountedAt, access: used)
            }
        } catch {
            guard isNew else { throw error.leavingSomething("an earlier call has staged it") }
            throw error.afterUndoing { () throws(DriverError) in
                if !access.isBlock { try Mounts.unmountAll(path) }
                try volume.devices.close()
            }
        }
        try Failpoint.pass(.stageNoted)
    }

    /// Mounts the volume; false where a driver that was killed before it wrote the note has mounted
    /// it.
    private func mount(
        _ volume: Tiers.LocatedVolume,
        at path: TargetPath,
        access: VolumeAccess,
        _ mounts: VolumeMounts
    ) throws(DriverError) -> Bool {
        let mounter = VolumeMounter(volume: volume, logger: logger)
        switch try mounts.layer(at: path) {
        case .nothing:
            try path.createDirectory()
            try Failpoint.pass(.stageFolderMade)
            try mounter.mount(at: path, access: access, readOnly: access.isReadOnly)
            return true
        case .thisVolume(let isReadOnly):
            guard isReadOnly == access.isReadOnly else {
                throw DriverError(
                    .conflict,
                    "volume \(volume.record.id) is staged at \(path) with another capability; unstage it first"
                )
            }
            try mounter.finish(at: path, readOnly: isReadOnly)
            return false
        case .somethingElse(let source):
            throw DriverError(
                .inUse,
                "\(path) is a mount of \(source); unmount it before staging there"
            )
        }
    }

    /// Whether an earlier call has staged the volume with the same arguments.
    ///
    /// Throws where it did something else.
    private func isStaged(
        _ id: VolumeID,
        at path: String,
        as used: UsageNote.UsedAccess,
        device: VolumeDevice?,
        _ mounts: VolumeMounts
    ) throws(DriverError) -> Bool {
        guard let staging = usage.usage(of: id).staging else { return false }
        let isReal: Bool
        if staging.access.isBlock {
            isReal = device != nil
        } else if case .thisVolume = mounts.layer(atResolved: staging.mountedAt) {
            isReal = true
        } else {
            isReal = false
        }
        guard isReal else { return false }
        guard staging.path.hasSameBytes(as: path) else {
            throw DriverError(
                .inUse,
                "volume \(id) is staged at \(staging.path); unstage it there first"
            )
        }
        guard staging.access == used else {
            throw DriverError(
                .conflict,
                "volume \(id) is staged at \(path) with another capability; unstage it first"
            )
        }
        return true
    }

    /// Records that the bytes are the user's, before the device can be written.
    private func stageBlock(_ volume: Tiers.LocatedVolume) throws(DriverError) {
        if volume.record.contents == .blank || volume.record.contents == .formatting {
            try volume.tier.change { (it) throws(DriverError) in
                try it.setContents(.raw, of: volume.record.id)
            }
        }
        try Failpoint.pass(.stageRawMarked)
        // Nothing holds it until somebody opens it: publish verifies it anew.
        try volume.devices.open().confirm()
    }
}
