internal import Backend
internal import CSIMessages
internal import DriverCore
internal import Host

/// An inline volume of a pod: made at publish, removed at unpublish, and recorded as such on the
/// volume itself, never guessed from its name.
struct EphemeralVolume {
    private let service: NodeService
    private let handle: String
    private let id: VolumeID

    init(service: NodeService, handle: String) {
        self.service = service
        self.handle = handle
        id = service.identity.volumeID(forName: handle)
    }

    /// Makes the volume and mounts it at the target.
    ///
    /// A repeated call finds what the first one made; a failure removes it again.
    func publish(_ wanted: RequestedPublication, progress: Progress) throws(DriverError) {
        let maker = VolumeMaker(
            identity: service.identity,
            tiers: service.tiers,
            now: service.now
        )
        let record = try maker.make(try volume(for: wanted), id: id, progress: progress)
        do throws(DriverError) {
            try mount(record, wanted)
        } catch  where error.code != .conflict {
            try undo(wanted, after: error)
        }
    }

    /// Removes the volume, if there is one and it is an inline volume.
    func remove() throws(DriverError) {
        guard let volume = try service.tiers.find(id), volume.record.isEphemeral else { return }
        try volume.backend.detach(id)
        try volume.backend.deleteVolume(id)
    }

    private func volume(for wanted: RequestedPublication) throws(DriverError) -> RequestedVolume {
        guard !wanted.access.isBlock else {
            throw DriverError(.invalidRequest, "an inline volume cannot be a raw block device")
        }
        var parameters = wanted.context
        let size = parameters.removeValue(forKey: "size")
        let required = size.map(ByteCount.init(parsing:)) ?? .zero
        guard let required else {
            throw DriverError(
                .invalidRequest,
                "volume attribute size '\(size?.prefix(32) ?? "")' is not a size like 1Gi"
            )
        }
        return try RequestedVolume(
            ephemeral: handle,
            range: SizeRange(CapacityRange(requiredBytes: required.bytes)),
            access: wanted.access,
            parameters: VolumeParameters(parameters)
        )
    }

    private func mount(_ record: VolumeRecord, _ wanted: RequestedPublication) throws(DriverError) {
        guard let volume = try service.tiers.find(record.id) else {
            throw DriverError(.unavailable, "inline volume \(record.id) vanished; retry")
        }
        let mounts = try VolumeMounts(of: try volume.backend.attachment(of: record.id))
        let alive = service.usage.usage(of: record.id).publications
        if try wanted.isPublished(among: alive, mounts, id: record.id) { return }
        if let other = mounts.places.first {
            throw DriverError(
                .conflict,
                "inline volume '\(handle)' is published at \(other) already"
            )
        }
        try wanted.target.createDirectory()
        try VolumeMounter(volume: volume, logger: service.logger)
            .mount(at: wanted.target, access: wanted.access, readOnly: wanted.isReadOnly)
        let publication = try wanted.publication()
        try service.usage.update(record.id) { $0.publications = [publication] }
    }

    private func undo(_ wanted: RequestedPublication, after error: DriverError)
        throws(DriverError) -> Never
    {
        do throws(DriverError) {
            try Mounts.unmountAll(wanted.target)
            try wanted.target.removeBindTarget()
            try remove()
        } catch let failure {
            throw DriverError(
                .operationPending,
                "\(error.message); removing the inline volume failed too: \(failure.message); retry",
                cause: error
            )
        }
        throw error
    }
}
