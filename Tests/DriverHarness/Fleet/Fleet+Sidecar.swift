package import CSIMessages
import DriverCore
package import GRPCRuntime
import TestSupport

/// Calls as the sidecars of Kubernetes make them: the same again until the answer is final, and each
/// time through another replica unless one is chosen, as after an election.
extension Fleet {
    package func insisting<Request: CSIRequest>(
        on request: Request,
        through chosen: Cluster? = nil,
        timeout: Duration = .seconds(10)
    ) async throws(RPCFailure) -> Request.Response {
        let end = ContinuousClock.now + longestWait
        let controllers = chosen.map { [$0] } ?? controllers
        var turn = 0
        while true {
            let controller = controllers[turn % controllers.count]
            do throws(RPCFailure) {
                return try await controller.call(request, timeout: timeout)
            } catch {
                guard Self.isRetried(error.code), ContinuousClock.now < end else { throw error }
            }
            turn += 1
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Whether a sidecar asks again after this code.
    package static func isRetried(_ code: StatusCode) -> Bool {
        [.aborted, .cancelled, .deadlineExceeded, .unavailable].contains(code)
    }

    /// A volume as external-provisioner asks for it, with the topologies of a StorageClass that binds
    /// late: the chosen node first.
    package static func request(
        _ name: String,
        mebibytes: Int64 = 32,
        tier: String? = nil,
        preferred: [String: String]...,
        requisite: [[String: String]] = [],
        from source: VolumeContentSource? = nil
    ) -> CreateVolumeRequest {
        var request = CreateVolumeRequest(
            name: name,
            capacityRange: .mebibytes(mebibytes),
            volumeCapabilities: [.mount()],
            parameters: tier.map { ["tier": $0] } ?? [:],
            volumeContentSource: source
        )
        let all = requisite.isEmpty ? preferred : requisite
        if !all.isEmpty {
            request.accessibilityRequirements = TopologyRequirement(
                requisite: all.map { Topology(segments: $0) },
                preferred: preferred.map { Topology(segments: $0) }
            )
        }
        return request
    }
}
