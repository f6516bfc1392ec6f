internal import Backend
package import CSIMessages
internal import CSIServing
package import DriverCore
package import GRPCRuntime
internal import NodeStorage

extension LocalController {
    /// Checks what the volume can do; if it cannot, the answer has no `confirmed` and is no error.
    package func validateVolumeCapabilities(
        _ request: ValidateVolumeCapabilitiesRequest,
        _ context: CallContext
    )
        async throws(DriverError) -> ValidateVolumeCapabilitiesResponse
    {
        try RequestLimits.require(request.volumeID, "volume_id")
        guard !request.volumeCapabilities.isEmpty else {
            throw DriverError(.invalidRequest, "volume_capabilities are missing")
        }
        let record = try await operations.read { () throws(DriverError) in
            try tiers.existing(volume: request.volumeID, of: identity).record
        }
        do throws(DriverError) {
            try check(request, against: record)
        } catch {
            return ValidateVolumeCapabilitiesResponse(message: error.message)
        }
        return ValidateVolumeCapabilitiesResponse(
            confirmed: .init(
                volumeContext: request.volumeContext,
                volumeCapabilities: request.volumeCapabilities,
                parameters: request.parameters
            )
        )
    }

    private func check(
        _ request: ValidateVolumeCapabilitiesRequest,
        against record: VolumeRecord
    ) throws(DriverError) {
        for access in try [VolumeAccess](request.volumeCapabilities) {
            try access.check(against: record)
        }
        let asked = try VolumeParameters(request.parameters, kinds)
        // The field is optional; where a class has parameters of ours, they must all be the volume's.
        let isAsked = !asked.kept.isEmpty || asked.filesystem != nil
        if isAsked, let key = asked.difference(from: record) {
            throw DriverError(.invalidRequest, "parameter '\(key)' differs from the volume's")
        }
        try VolumeContext.check(request.volumeContext)
        guard request.mutableParameters.isEmpty else {
            throw DriverError(.invalidRequest, "mutable_parameters are not supported")
        }
    }
}
