internal import Backend
internal import CSIServing
internal import DriverCore
internal import Host
internal import Naming
internal import NodeStorage

/// An inline volume of a pod: created at publish, deleted at unpublish.
///
/// The volume's record says that it is inline; its name never decides that.
struct EphemeralVolume {
    private let service: NodeService
    private let handle: String
    private let id: VolumeID

    init(service: NodeService, handle: String) {
        self.service = service
        self.handle = handle
        id = service.identity.volumeID(forName: handle)
    }

    /// Creates the volume and mounts it at the target.
    ///
    /// A repeated call finds what the first one made. A failure removes the volume again, unless it
    /// may hold files of the pod: kubelet also publishes anew what is in use, and after a reboot.
    func publish(_ wanted: RequestedPublication, progress: Progress) throws(DriverError) {
        guard VolumeID(parsing: handle) == nil else {
            throw DriverError(
                .invalidRequest,
                "'\(handle)' is the id of a volume, not of an inline volume"
            )
        }
        let maker = VolumeMaker(
            identity: service.identity,
            tiers: service.tiers,
            admission: service.admission,
            now: service.now
        )
        let record = try maker.make(try volume(for: wanted), id: id, progress: progress)
        do throws(DriverError) {
            try Failpoint.pass(.ephemeralMade)
            try mountAndNote(record, wanted)
        } catch  where error.code != .conflict {
            throw failure(of: record, after: error)
        }
    }

    private func failure(of record: VolumeRecord, after error: DriverError) -> DriverError {
        switch record.contents {
        case .blank, .formatting: error.afterUndoing(remove)
        case .copied, .formatted, .raw:
            error.leavingSomething("inline volume '\(handle)' is kept because it may have files")
        }
    }

    /// Deletes the volume, if it exists and is an inline volume.
    func remove() throws(DriverError) {
        guard let volume = try service.tiers.find(id) else {
            return try service.tiers.finishRemoval(of: id)
        }
        guard volume.record.isEphemeral else { return }
        try volume.devices.close()
        try Failpoint.pass(.ephemeralDetached)
        try volume.tier.change { (it) throws(DriverError) in try it.deleteVolume(id) }
        try Failpoint.pass(.ephemeralRemoved)
    }

    private func volume(for wanted: RequestedPublication) throws(DriverError) -> RequestedVolume {
        guard !wanted.access.isBlock else {
            throw DriverError(.invalidRequest, "an inline volume cannot be a raw block device")
        }
        let attributes = try InlineAttributes(wanted.context)
        let parameters = try VolumeParameters(attributes.tier.map { ["tier": $0] } ?? [:], [])
        try RequestLimits.checkName(handle)
        return RequestedVolume(
            name: handle,
            range: SizeRange(required: attributes.size, limit: nil),
            accesses: [wanted.access],
            parameters: parameters,
            isEphemeral: true
        )
    }

    private func mountAndNote(_ record: VolumeRecord, _ wanted: RequestedPublication)
        throws(DriverError)
    {
        guard let volume = try service.tiers.find(record.id) else {
            throw DriverError(
                .unavailable,
                "inline volume \(record.id) was removed meanwhile; retry"
            )
        }
        let device = try volume.devices.current()
        let mounts = try VolumeMounts(of: device, refusingFaultsOf: record.id)
        let alive = service.usage.usage(of: record.id).publications
        if try wanted.isPublished(among: alive, mounts, id: record.id) { return }
        if let other = mounts.places.first {
            throw DriverError(
                .conflict,
                "inline volume '\(handle)' is already published at \(other)"
            )
        }
        // Nothing is mounted at the target: what is found there from here on is this call's.
        try wanted.target.createDirectory()
        do throws(DriverError) {
            try Failpoint.pass(.ephemeralTargetMade)
            try VolumeMounter(volume: volume, logger: service.logger)
                .mount(at: wanted.target, access: wanted.access, readOnly: wanted.isReadOnly)
            try Failpoint.pass(.ephemeralMounted)
            let publication = try wanted.publication()
            try service.usage.update(record.id) { $0.publications = [publication] }
        } catch {
            throw error.afterUndoing { () throws(DriverError) in
                try Mounts.unmountAll(wanted.target)
                try wanted.target.removeBindTarget()
                try Failpoint.pass(.ephemeralTargetUndone)
                try volume.devices.close()
            }
        }
        try Failpoint.pass(.ephemeralNoted)
    }
}
