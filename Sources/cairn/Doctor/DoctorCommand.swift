import ArgumentParser
import Backend
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

    /// A finding as it is shown.
    struct Check: Encodable {
        let area: String
        let subject: String
        let state: String
        let found: String
        let advice: String?

        fileprivate init(_ finding: Finding, in area: String) {
            self.area = area
            subject = finding.subject
            state = finding.state.rawValue
            found = finding.found
            advice = finding.advice
        }
    }

    func run() async throws {
        let examinations = await examine()
        let findings = examinations.flatMap(\.findings)
        let problems = findings.count { $0.state == .problem }
        let checks = examinations.flatMap { examination in
            examination.findings.map { Check($0, in: examination.area) }
        }
        try client.output.write(
            Report(isHealthy: problems == 0, checks: checks),
            styled: Self.text(examinations, problems: problems)
        )
        guard problems == 0 else { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// In the order in which it is shown.
    private func examine() async -> [Examination] {
        let (configuration, tiers) = examineConfiguration()
        var examinations = [
            ProgramChecks.run(filesystems: Set((tiers ?? []).map(\.filesystem))),
            KernelChecks.run(), configuration,
        ]
        if let tiers { examinations += examine(tiers) }
        examinations.append(FilesystemChecks.run())
        var driver: String?
        if !withoutDriver {
            let answer = await DriverChecks.run(client)
            examinations.append(answer.examination)
            driver = answer.driver
        }
        let name = driver ?? NodeOptions.defaultDriverName
        return examinations + [UsageChecks.run(folder: usageDir, driver: name)]
    }

    private func examine(_ tiers: [TierConfiguration]) -> [Examination] {
        let kinds = Kinds(of: tiers, on: state.quietHost)
        let inspections = kinds.inspections()
        // All at once: several that hang take no longer than one.
        let scans = tiers.map { tier in
            inspections[tier.name].map { inspection in
                StorageScan(of: "storage") { inspection.findings() }
            }
        }
        let examinations = zip(tiers, scans).map { tier, scan in
            Examination("tier \(tier.name)", scan?.findings() ?? [])
        }
        return examinations + [FormerChecks.run(kinds)]
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
            StateChecks.examine(state.folder, &examination)
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
    static func text(_ examinations: [Examination], problems: Int) -> String {
        let findings = examinations.flatMap(\.findings)
        let width = findings.map(\.subject.printable.count).max() ?? 0
        var lines: [String] = []
        var area = ""
        for examination in examinations where !examination.findings.isEmpty {
            if examination.area != area {
                area = examination.area
                lines.append(Style.output.apply(.bold, to: area.printable))
            }
            for finding in examination.findings { lines += text(finding, width: width) }
        }
        lines.append(summary(findings.count, problems))
        return lines.joined(separator: "\n")
    }

    private static func text(_ finding: Finding, width: Int) -> [String] {
        let subject = finding.subject.printable
        let gap = String(repeating: " ", count: width - subject.count + 2)
        let line = "  \(label(finding.state))  \(subject)\(gap)\(finding.found.printable)"
        return [line] + (finding.advice.map { ["           do: \($0.printable)"] } ?? [])
    }

    private static func label(_ state: Finding.State) -> String {
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
