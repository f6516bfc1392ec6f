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
        let record = try await answer(request.volumeID, context) { () throws(DriverError) in
            try existingVolume(request.volumeID).record
        }
        return ControllerGetVolumeResponse(
            volume: Volume(record, on: identity),
            status: .init()
        )
    }

    /// Looks for an object, and lets a controller claim its name where there is none.
    ///
    /// What is being made, or is about to be, does not count as absent: a controller that asks whether
    /// somebody has made it would make a second one elsewhere.
    func answer<Found: Sendable>(
        _ id: String,
        _ context: CallContext,
        _ look: @escaping @Sendable () throws(DriverError) -> Found
    ) async throws(DriverError) -> Found {
        let claim = try NameClaim(of: context)
        // In the order in which a create goes on, from its claim to its key to the object: what ends
        // in between is found by the next look.
        let pending = nameClaims.hear(claim, about: id) ?? running(id)
        let found: Found
        do throws(DriverError) {
            found = try await operations.read(look)
        } catch {
            let isAbsent = error.code == .notFound && pending == nil
            if !isAbsent { nameClaims.forget(claim, about: id) }
            throw error.code == .notFound ? pending ?? error : error
        }
        nameClaims.forget(claim, about: id)
        return found
    }

    private func running(_ id: String) -> DriverError? {
        operations.holder(of: id).map { running in
            DriverError(.operationPending, "\(id): \(running) is still running; retry later")
        }
    }
}
