import CSIMessages

/// The driver that answers at the endpoint.
enum DriverChecks {
    static func run(_ options: ClientOptions) async -> [Check] {
        var examination = Examination("driver")
        do {
            try await Session.with(options) { session in
                examination.good(
                    "identity",
                    "\(session.plugin.name) \(session.plugin.vendorVersion) at "
                        + session.options.endpoint
                )
                let probe = try await session.read(ProbeRequest(), to: "probe the driver")
                if probe.ready ?? true {
                    examination.good("probe", "ready")
                } else {
                    examination.problem(
                        "probe",
                        "not ready: its tiers are still being opened",
                        "wait; if it stays so, see the driver's log"
                    )
                }
                let volumes = try await session.allVolumes().count
                examination.good("volumes", "\(volumes)")
            }
        } catch let failure as CommandFailure {
            examination.problem("answers", failure.message, "see the driver's log")
        } catch {
            examination.problem("answers", "\(error)", "see the driver's log")
        }
        return examination.checks
    }
}
