internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import NodeStorage

extension LocalController {
    package func getVolume(_ request: ControllerGetVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> ControllerGetVolumeResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        let record = try await answer(request.volumeID, context) { (claim) throws(DriverError) in
            guard let claim, let id = VolumeID(parsing: request.volumeID) else {
                return try tiers.existing(volume: request.volumeID, of: identity).record
            }
            return try volume(id, ofTier: claim.place.isEmpty ? nil : claim.place)
        }
        return ControllerGetVolumeResponse(
            volume: Volume(record, on: identity),
            status: .init()
        )
    }

    /// Finds an object; where there is none, a controller may claim its name with the same call.
    ///
    /// What is being made, or is about to be, does not count as absent: a controller that asks whether
    /// somebody has made it would make a second one elsewhere.
    func answer<Found: Sendable>(
        _ id: String,
        _ context: CallContext,
        _ look: @escaping @Sendable (NameClaim?) throws(DriverError) -> Found
    ) async throws(DriverError) -> Found {
        let claim = try NameClaim(of: context)
        // In the order in which a create goes on, from its claim to its key to the object: what ends
        // in between is found by the next look.
        let pending = nameClaims.apply(claim, to: id) ?? operations.refusal(of: id)
        let found: Found
        do throws(DriverError) {
            found = try await operations.read { () throws(DriverError) in try look(claim) }
        } catch {
            let isAbsent = error.code == .notFound && pending == nil
            if !isAbsent { nameClaims.forget(claim, about: id) }
            throw error.code == .notFound ? pending ?? error : error
        }
        nameClaims.forget(claim, about: id)
        return found
    }

    /// The volume, for a caller that is about to create it.
    ///
    /// As in the create itself, only the tier of the new volume must answer.
    private func volume(_ id: VolumeID, ofTier name: String?) throws(DriverError) -> VolumeRecord {
        let isConfigured = (try? tiers.checkConfigured(name)) != nil
        let found =
            isConfigured
            ? try tiers.findForCreate(id, in: try tiers.tier(named: name))
            : try tiers.findForCreate(id)
        guard let found else { throw identity.absence(of: id, "volume") }
        return found.record
    }
}
