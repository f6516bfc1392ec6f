import CSIServing
import HTTPServer
import Testing

@testable import cairn

/// What kubelet's probes are told.
@Suite(.timeLimit(.minutes(5))) struct HealthTests {
    private let readiness = Readiness()
    private let health: Health

    init() { health = Health(readiness) }

    private func status(_ probe: String) -> UInt16? { health.page(at: "/healthz/\(probe)")?.status }

    @Test func `a driver that starts lives and is not started`() {
        #expect(status("live") == 200)
        #expect(status("startup") == 503)
        #expect(status("ready") == 503)
    }

    @Test func `a driver whose tiers are not open yet has started, whatever its disks do`() {
        health.serves()
        #expect(status("live") == 200)
        #expect(status("startup") == 200)
        #expect(status("ready") == 503)
        #expect(health.page(at: "/healthz/ready")?.text == "the tiers have not been opened yet\n")
        readiness.becomeReady()
        #expect(status("ready") == 200)
    }

    @Test func `a driver that stops takes no calls, and is not killed for it`() {
        readiness.becomeReady()
        health.serves()
        health.stops()
        #expect(status("live") == 200)
        #expect(status("startup") == 200)
        #expect(status("ready") == 503)
    }

    @Test(arguments: ["", "other", "live/", "LIVE"])
    func `what is no probe has no page`(probe: String) { #expect(status(probe) == nil) }
}
