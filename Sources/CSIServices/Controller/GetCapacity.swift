internal import Backend
package import CSIMessages
package import DriverCore
package import GRPCRuntime
internal import Host
internal import Naming
internal import NodeStorage

extension LocalController {
    /// The size that new volumes of a StorageClass can still be promised on this node.
    ///
    /// Zero where the class's tier, the topology or the capabilities cannot be served here, where the
    /// tier cannot answer, and where the node has all the volumes that it may have: nothing can be
    /// made there now, and the scheduler should know.
    package func getCapacity(_ request: GetCapacityRequest, _ context: CallContext)
        async throws(DriverError)
        -> GetCapacityResponse
    {
        let parameters = try VolumeParameters(request.parameters, kinds, for: .capacity)
        if let topology = request.accessibleTopology, !identity.satisfies(topology.segments) {
            return GetCapacityResponse()
        }
        guard let accesses = try? request.volumeCapabilities.map(VolumeAccess.init) else {
            return GetCapacityResponse()
        }
        return try await operations.read { () throws(DriverError) in
            do throws(DriverError) {
                return try capacity(of: parameters, for: accesses)
            } catch  where error.code == .unavailable || error.code == .outOfSpace {
                return GetCapacityResponse()
            }
        }
    }

    private func capacity(of parameters: VolumeParameters, for accesses: [VolumeAccess])
        throws(DriverError) -> GetCapacityResponse
    {
        let tier = try tiers.tier(named: parameters.tier).tailored(to: parameters.wishes)
        try parameters.checkBlockSize(in: tier)
        guard !admission.isFull(tiers) else { return GetCapacityResponse() }
        let capacity = try tier.read { (it) throws(DriverError) in try it.capacity() }
        let isBlock = !accesses.isEmpty && accesses.allSatisfy(\.isBlock)
        let filesystem =
            accesses.compactMap(\.filesystem).first
            ?? parameters.filesystem ?? tier.defaultFilesystem
        let least = isBlock ? tier.sizeUnit : Filesystems.minimumSize(of: filesystem)
        let smallest = least.roundedUp(toMultipleOf: tier.sizeUnit) ?? least
        return GetCapacityResponse(
            availableCapacity: capacity.available.bytes,
            maximumVolumeSize: capacity.maximumVolumeSize.bytes,
            minimumVolumeSize: smallest.bytes
        )
    }
}
