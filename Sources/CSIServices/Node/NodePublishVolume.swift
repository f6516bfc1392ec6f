internal import Backend
internal import CSIMessages
internal import DriverCore
internal import Host
internal import Naming
internal import NodeStorage

extension NodeService {
    /// Mounts a staged volume at a target, or creates and mounts an inline volume there.
    func publishVolume(_ request: NodePublishVolumeRequest) async throws(DriverError)
        -> NodePublishVolumeResponse
    {
        let wanted = try RequestedPublication(request, settings: settings)
        // An inline volume is known to kubelet by another name than its id.
        let key =
            wanted.isEphemeral
            ? identity.volumeID(forName: request.volumeID).text : request.volumeID
        try await operations.run("NodePublishVolume", holding: [.exclusive(key)]) {
            (progress) throws(DriverError) in
            if wanted.isEphemeral {
                try EphemeralVolume(service: self, handle: request.volumeID)
                    .publish(wanted, progress: progress)
            } else {
                try publish(wanted, of: try tiers.existing(volume: request.volumeID, of: identity))
            }
        }
        return NodePublishVolumeResponse()
    }

    private func publish(_ wanted: RequestedPublication, of volume: Tiers.LocatedVolume)
        throws(DriverError)
    {
        let id = volume.record.id
        try wanted.access.check(against: volume.record)
        guard let device = try volume.devices.current() else {
            throw wanted.notStaged(id)
        }
        let mounts = try VolumeMounts(of: device, refusingFaultsOf: id)
        try wanted.checkStaged(id, usage.usage(of: id).staging, mounts)
        let alive = alivePublications(of: id, mounts)
        if try wanted.isPublished(among: alive, mounts, id: id) {
            guard !alive.contains(where: { $0.target.hasSameBytes(as: wanted.target.path) })
            else { return }
            do throws(DriverError) {
                try note(wanted, of: id, beside: alive)
            } catch {
                throw error.leavingSomething("an earlier call has published it")
            }
            return
        }
        try checkOthers(wanted, volume.record, mounts, device)
        try createTargetAndBind(wanted, volume, device)
        do throws(DriverError) {
            try Failpoint.pass(.publishBound)
            try note(wanted, of: id, beside: alive)
        } catch {
            throw error.afterUndoing { () throws(DriverError) in
                try Mounts.unmountAll(wanted.target)
                try wanted.target.removeBindTarget()
            }
        }
        try Failpoint.pass(.publishNoted)
    }

    private func note(
        _ wanted: RequestedPublication,
        of id: VolumeID,
        beside alive: [UsageNote.Publication]
    ) throws(DriverError) {
        let publication = try wanted.publication()
        try usage.update(id) { $0.publications = alive + [publication] }
    }

    /// Throws where a publication at another target, with or without a note, forbids this one.
    private func checkOthers(
        _ wanted: RequestedPublication,
        _ record: VolumeRecord,
        _ mounts: VolumeMounts,
        _ device: VolumeDevice
    ) throws(DriverError) {
        let target = try wanted.target.resolved()
        let visible = mounts.publications(
            beneath: try kubeletFolder(),
            exceptAt: try wanted.staging?.resolved(),
            usage.usage(of: record.id)
        )
        try wanted.checkOthers(visible.filter { !$0.isAt(target) }, of: record)
        // For all that see the node, wherever they do.
        guard wanted.access.isBlock, mounts.showsNode(exceptAt: target) else { return }
        guard try device.isReadOnly() != wanted.isReadOnly else { return }
        throw DriverError(
            .inUse,
            "block volume \(record.id) is published \(wanted.isReadOnly ? "writable" : "read-only") at "
                + "another target; a device is read-only either at all targets or at none"
        )
    }

    /// The noted publications that the mount table confirms.
    private func alivePublications(of id: VolumeID, _ mounts: VolumeMounts)
        -> [UsageNote.Publication]
    {
        usage.usage(of: id).publications.filter { publication in
            if case .thisVolume = mounts.layer(atResolved: publication.mountedAt) { return true }
            return false
        }
    }

    private func createTargetAndBind(
        _ wanted: RequestedPublication,
        _ volume: Tiers.LocatedVolume,
        _ device: VolumeDevice
    ) throws(DriverError) {
        if wanted.access.isBlock {
            try wanted.target.createFile()
        } else {
            try wanted.target.createDirectory()
        }
        do throws(DriverError) {
            try Failpoint.pass(.publishTargetMade)
            try bind(wanted, volume, device)
        } catch {
            throw error.afterUndoing { () throws(DriverError) in
                try wanted.target.removeBindTarget()
            }
        }
    }

    private func bind(
        _ wanted: RequestedPublication,
        _ volume: Tiers.LocatedVolume,
        _ device: VolumeDevice
    ) throws(DriverError) {
        guard !wanted.access.isBlock else {
            return try bindNode(of: volume, as: device, wanted)
        }
        guard let staging = wanted.staging else { return }
        try Mounts.bind(staging, to: wanted.target, readOnly: wanted.isReadOnly, flags: [])
    }
}
