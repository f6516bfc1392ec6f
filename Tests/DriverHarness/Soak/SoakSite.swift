package import CSIMessages
package import GRPCRuntime

/// Where the callers of a soak call: one driver, or a whole fleet.
package protocol SoakSite: Sendable {
    func call<Request: CSIRequest>(_ request: Request) async throws(RPCFailure) -> Request.Response

    /// How long the end of a soak asks again for what has no answer yet.
    var lastPatience: Int { get }
    /// Whether a call is made again after this code; nobody knows then whether it was done.
    func isRetried(_ code: StatusCode) -> Bool
    /// The topology that a new volume is asked for with; the same each time for one name.
    func topology(of name: String) -> TopologyRequirement?
    func staging(_ volumeID: String) -> String
    /// A target for the volume beneath kubelet's folder.
    func target(_ name: String, of volumeID: String) -> String
    /// The loop devices of the volume's file.
    func devices(of volumeID: String) -> [String]
}

extension Cluster: SoakSite {
    package var lastPatience: Int { 5 }

    package func isRetried(_ code: StatusCode) -> Bool {
        [.unavailable, .aborted, .cancelled].contains(code)
    }

    package func topology(of name: String) -> TopologyRequirement? { nil }

    package func target(_ name: String, of volumeID: String) -> String {
        "\(folder)/kubelet/pods/\(name)"
    }

    package func call<Request: CSIRequest>(_ request: Request)
        async throws(RPCFailure) -> Request.Response
    {
        try await call(request, timeout: .seconds(60))
    }
}
