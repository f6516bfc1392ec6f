import CSIMessages
import GRPCRuntime
import Naming
import NodeStorage
import Testing

@testable import CSIServing

@Suite(.timeLimit(.minutes(5))) struct OfferTests {
    @Test(arguments: [[], [Offer.topology], Offer.allCases])
    func `Identity tells what is offered and nothing more`(offers: [Offer]) async throws {
        let identity = try NodeIdentity(
            driverName: "test.csi",
            version: "0",
            nodeID: "n",
            topology: [:]
        )
        var router = Router()
        IdentityService(identity: identity, readiness: Readiness(), offers: offers)
            .register(in: &router)
        try await withChannel(to: router) { channel in
            let bytes = try await channel.unary(
                GetPluginCapabilitiesRequest.method,
                [],
                timeout: .seconds(60)
            )
            let answer = try GetPluginCapabilitiesResponse(decoding: bytes)
            #expect(answer.capabilities == offers.map(\.capability))
        }
    }

    @Test func `each offer is a capability of its own`() {
        #expect(Offer.controller.capability.type == .service(.init(type: .controllerService)))
        let topology = PluginCapability.Service(type: .volumeAccessibilityConstraints)
        #expect(Offer.topology.capability.type == .service(topology))
        #expect(Offer.onlineExpansion.capability.type == .volumeExpansion(.init(type: .online)))
    }
}
