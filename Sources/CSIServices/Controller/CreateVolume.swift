internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import Naming
internal import NodeStorage

extension LocalController {
    /// Creates a volume, or finds the one of an earlier call with this name.
    package func createVolume(_ request: CreateVolumeRequest, _ context: CallContext)
        async throws(DriverError)
        -> CreateVolumeResponse
    {
        let id = identity.volumeID(forName: request.name)
        // Also what is refused at once is answered.
        defer { nameClaims.permits.note(id.text) }
        let wanted = try RequestedVolume(request, kinds)
        let claim = try NameClaim(of: context)
        let maker = VolumeMaker(
            identity: identity,
            tiers: tiers,
            admission: admission,
            now: now
        )
        var keys = [KeyedOperations.Key.exclusive(id.text)]
        // The source is read for as long as a copy takes: nothing may delete it, or mount it and
        // write to it, meanwhile.
        switch wanted.source {
        case .snapshot(let source): keys.append(.shared(source.text))
        case .volume(let source): keys.append(.shared(source.text))
        case nil: break
        }
        let record = try await operations.run("CreateVolume", holding: keys) {
            (progress) throws(DriverError) in
            // With the key held: no other create of the name gets in before it is noted.
            defer { nameClaims.permits.note(id.text) }
            let permission = nameClaims.permission(claim, toMake: id.text)
            return try maker.make(wanted, id: id, progress: progress, permit: permission.get)
        }
        return CreateVolumeResponse(volume: Volume(record, on: identity))
    }
}
