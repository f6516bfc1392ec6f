internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import Naming
internal import NodeStorage

extension LocalController {
    /// Deletes a volume; succeeds where it does not exist.
    ///
    /// Without attach nothing orders kubelet's unstage before this call. So a volume that is staged
    /// and nothing more is waited for, as is an unstage that is running: without its key, so that the
    /// unstage gets in, and without a thread.
    package func deleteVolume(_ request: DeleteVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> DeleteVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id", limit: RequestLimits.mapBytes)
        // An id of another form was never given by this driver, so nothing can lie behind it.
        guard let id = VolumeID(parsing: request.volumeID) else { return DeleteVolumeResponse() }
        let end = ContinuousClock.now + unstagePatience
        while let refusal = try await attemptDelete(id) {
            guard await isUnstaged(id, by: end) else { throw refusal }
        }
        return DeleteVolumeResponse()
    }

    /// Tries to delete the volume.
    ///
    /// nil where it is gone; returns the error where waiting may help; throws all others.
    private func attemptDelete(_ id: VolumeID) async throws(DriverError) -> DriverError? {
        let outcome: Result<VolumeInUse?, DriverError>
        do throws(DriverError) {
            outcome = try await operations.run("DeleteVolume", holding: [.exclusive(id.text)]) {
                (_) in Result { () throws(DriverError) in try delete(id) }
            }
        } catch {
            guard error.code == .operationPending, isUseEnding(of: id) else { throw error }
            return error
        }
        guard let use = try outcome.get() else { return nil }
        let refusal = use.refusal(of: id)
        guard use.isStagingOnly else { throw refusal }
        return refusal
    }

    /// Deletes the volume unless it is in use; returns the use that forbids it, or nil.
    private func delete(_ id: VolumeID) throws(DriverError) -> VolumeInUse? {
        // With the key held: a create that was sent before must not make again what is gone.
        defer { nameClaims.permits.note(id.text) }
        guard let volume = try tiers.find(id) else {
            guard identity.owns(id) else { throw identity.absence(of: id, "volume") }
            try tiers.finishRemoval(of: id)
            return nil
        }
        let device = try volume.devices.current()
        if let use = try VolumeInUse(usage.usage(of: id), device: device) { return use }
        try usage.forget(id)
        try volume.tier.change { (it) throws(DriverError) in try it.deleteVolume(id) }
        return nil
    }

    /// Whether the operation that holds the key, or has just released it, ends the volume's use.
    private func isUseEnding(of id: VolumeID) -> Bool {
        switch operations.holder(of: id.text) {
        case nil, "NodeUnstageVolume", "NodeUnpublishVolume", "DeleteVolume": true
        default: false
        }
    }

    /// Waits until the volume is no longer staged and no operation holds its key; holds no key
    /// meanwhile.
    ///
    /// False where the time is over or the caller has gone away.
    private func isUnstaged(_ id: VolumeID, by end: ContinuousClock.Instant) async -> Bool {
        while ContinuousClock.now < end {
            guard (try? await Task.sleep(for: Self.lookInterval)) != nil else { return false }
            guard operations.holder(of: id.text) == nil else { continue }
            let use = try? await operations.read { () throws(DriverError) -> VolumeInUse? in
                try VolumeInUse(usage.usage(of: id), device: try tiers.device(of: id))
            }
            if use.flatMap(\.self)?.isStagingOnly != true { return true }
        }
        return false
    }

    private static let lookInterval = Duration.milliseconds(100)
}
