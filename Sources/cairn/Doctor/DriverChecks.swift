import CSIMessages

/// The driver that answers at the endpoint.
enum DriverChecks {
    /// `driver` is its name; nil where it does not answer.
    static func run(_ options: ClientOptions) async -> (examination: Examination, driver: String?) {
        var driver: String?
        var examination = Examination("driver")
        do {
            try await Session.with(options) { session in
                driver = session.plugin.name
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
                        "not ready: the driver is still opening its tiers",
                        "wait; if this does not end, see the driver's log"
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
        return (examination, driver)
    }
}
