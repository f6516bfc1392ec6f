import ArgumentParser
import Configuration
import DriverCore

/// The command `cairn doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check this node, and say how to fix what is wrong.",
        discussion: """
            Checks the programs, the kernel, the tiers with their volumes and loop devices, and the \
            driver. It changes nothing. Run it as root on the driver's node: others cannot read the \
            pools. It exits with 0 if nothing is wrong, else with 1. A note is not an error.

            Example:
              cairn doctor
              cairn doctor --config tiers.yaml --output json
              cairn doctor --without-driver
            """
    )

    @Flag(help: "Do not ask the driver. Use it before the driver's first start.")
    var withoutDriver = false

    @OptionGroup var state: StateOptions
    @Option(help: "Where the driver notes the use of volumes. Default: the driver's default.")
    var usageDir: String?

    @OptionGroup var client: ClientOptions

    private struct Report: Encodable {
        let isHealthy: Bool
        let checks: [Check]
    }

    func run() async throws {
        var checks: [Check] = []
        let (configuration, tiers) = examineConfiguration()
        checks += ProgramChecks.run(filesystems: Set((tiers ?? []).map(\.filesystem)))
        checks += KernelChecks.run()
        checks += configuration.checks
        checks += StateChecks.run(state.folder, tiers ?? [])
        let lvmBackends = TierBackends.lvm(of: tiers ?? [])
        for tier in tiers ?? [] {
            checks += await TierChecks.run(tier, lvmBackends[tier.name], stateFolder: state.folder)
        }
        if let tiers { checks += FormerChecks.run(state.folder, tiers, lvmBackends) }
        checks += FilesystemChecks.run()
        var driver: String?
        if !withoutDriver {
            let answer = await DriverChecks.run(client)
            checks += answer.checks
            driver = answer.driver
        }
        checks += UsageChecks.run(
            folder: usageDir,
            driver: driver ?? NodeOptions.defaultDriverName
        )

        let problems = checks.count { $0.state == .problem }
        try client.output.write(
            Report(isHealthy: problems == 0, checks: checks),
            styled: Self.text(checks, problems: problems)
        )
        guard problems == 0 else { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func examineConfiguration() -> (Examination, [TierConfiguration]?) {
        let path = client.namedConfig ?? NodeOptions.defaultConfig
        var examination = Examination("configuration")
        do throws(DriverError) {
            let tiers = try TiersFile(reading: path).tiers
            let names = tiers.map(\.name).joined(separator: ", ")
            examination.good("tiers file", "\(path): \(names)")
            if !tiers.contains(where: \.isDefault) {
                examination.note("default tier", "none: every StorageClass must name its tier")
            }
            return (examination, tiers)
        } catch {
            examination.problem(
                "tiers file",
                error.message,
                "see the README for an example; name another file with --config"
            )
            return (examination, nil)
        }
    }

    /// Sections with one check per line, and the advice below each problem.
    static func text(_ checks: [Check], problems: Int) -> String {
        let width = checks.map(\.subject.printable.count).max() ?? 0
        var lines: [String] = []
        var area = ""
        for check in checks {
            if check.area != area {
                area = check.area
                lines.append(Style.output.apply(.bold, to: area.printable))
            }
            let subject = check.subject.printable
            let gap = String(repeating: " ", count: width - subject.count + 2)
            lines.append("  \(label(check.state))  \(subject)\(gap)\(check.found.printable)")
            if let advice = check.advice { lines.append("           do: \(advice.printable)") }
        }
        lines.append(summary(checks.count, problems))
        return lines.joined(separator: "\n")
    }

    private static func label(_ state: Check.State) -> String {
        switch state {
        case .good: Style.output.apply(.green, to: "ok     ")
        case .note: Style.output.apply(.yellow, to: "note   ")
        case .problem: Style.output.apply(.red, to: "PROBLEM")
        }
    }

    private static func summary(_ count: Int, _ problems: Int) -> String {
        switch problems {
        case 0: Style.output.apply(.green, to: "healthy: nothing wrong in \(count) checks")
        case 1: Style.output.apply(.red, to: "1 problem in \(count) checks")
        default: Style.output.apply(.red, to: "\(problems) problems in \(count) checks")
        }
    }
}
