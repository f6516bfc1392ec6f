internal import CSIMessages
internal import DriverCore
package import GRPCRuntime

/// The Identity service; answered from memory, so that no slow disk delays a liveness probe.
package struct IdentityService: Sendable {
    private let identity: NodeIdentity
    private let readiness: Readiness

    package init(identity: NodeIdentity, readiness: Readiness) {
        self.identity = identity
        self.readiness = readiness
    }

    package func register(in router: inout Router) {
        router.serve(GetPluginInfoRequest.self) { (_) in
            GetPluginInfoResponse(name: identity.driverName, vendorVersion: identity.version)
        }
        router.serve(GetPluginCapabilitiesRequest.self) { (_) in
            GetPluginCapabilitiesResponse(capabilities: Self.capabilities)
        }
        router.serve(ProbeRequest.self) { (_) in
            ProbeResponse(ready: readiness.isReady)
        }
    }

    private static let capabilities: [PluginCapability] = [
        .init(type: .service(.init(type: .controllerService))),
        .init(type: .service(.init(type: .volumeAccessibilityConstraints))),
        .init(type: .volumeExpansion(.init(type: .online))),
    ]
}
