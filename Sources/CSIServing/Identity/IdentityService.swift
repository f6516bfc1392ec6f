internal import CSIMessages
internal import DriverCore
package import GRPCRuntime
package import Naming

/// The Identity service; answered from memory, so that no slow disk delays a liveness probe.
package struct IdentityService: Sendable {
    private let identity: NodeIdentity
    private let readiness: Readiness
    private let offers: [Offer]

    package init(identity: NodeIdentity, readiness: Readiness, offers: [Offer]) {
        self.identity = identity
        self.readiness = readiness
        self.offers = offers
    }

    package func register(in router: inout Router) {
        router.serve(GetPluginInfoRequest.self) { (_) in
            GetPluginInfoResponse(name: identity.driverName, vendorVersion: identity.version)
        }
        router.serve(GetPluginCapabilitiesRequest.self) { (_) in
            GetPluginCapabilitiesResponse(capabilities: offers.map(\.capability))
        }
        router.serve(ProbeRequest.self) { (_) in
            ProbeResponse(ready: readiness.isReady)
        }
    }
}
