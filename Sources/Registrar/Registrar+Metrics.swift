internal import GRPCRuntime
package import Metrics

extension Registrar: MetricsSource {
    package func add(to page: inout MetricsText) {
        let controllers = contacts
        page.family("cairn_controllers", .gauge, "Controllers that this node registers with.")
        page.sample("cairn_controllers", controllers.count)
        page.family(
            "cairn_registration_age_seconds",
            .gauge,
            "Time since the controller accepted this node's registration, or since it was found."
        )
        for (place, last) in controllers {
            page.sample(
                "cairn_registration_age_seconds",
                (ContinuousClock.now - last) / .seconds(1),
                ["controller": Endpoint.joined(place.host, place.port)]
            )
        }
        page.family(
            "cairn_registrations_total",
            .counter,
            "Registrations of this node with all controllers, by gRPC code."
        )
        for (code, count) in registrations.sorted(by: { $0.key < $1.key }) {
            page.sample("cairn_registrations_total", count, ["code": code])
        }
    }
}
