import DriverCore
import FoundationEssentials
import Host

/// The output of `vgs`, `pvs` or `lvs`.
struct LVMReport: Sendable, Hashable {
    /// The requested columns of each object, by name; sizes are bytes without a unit.
    let rows: [[String: String]]

    /// The command that reports these columns of the named objects, or of all where none is named.
    static func command(
        _ subcommand: String,
        devices: [String] = [],
        settings: String? = nil,
        columns: [String],
        of names: [String] = []
    ) -> LVMCommand {
        let format = ["--reportformat", "json", "--units", "b", "--nosuffix"]
        return LVMCommand(
            subcommand,
            devices: devices,
            settings: settings,
            format + ["--options", columns.joined(separator: ",")] + names
        )
    }

    /// Throws `hostFailure` where the text is no report.
    init(parsing text: String) throws(DriverError) {
        do {
            let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
            rows = answer.report.flatMap { $0.values.flatMap { $0 } }
        } catch {
            throw DriverError(
                .hostFailure,
                "cannot parse the report of LVM; check the output of vgs --reportformat json",
                cause: error
            )
        }
    }

    /// One report, with one list of rows under the name of their kind.
    private struct Answer: Decodable {
        let report: [[String: [[String: String]]]]
    }
}

extension LVMCommand {
    /// Runs a report, and throws `unavailable` where it failed: an error is no answer about what
    /// exists.
    func report(deadline: Duration) throws(DriverError) -> LVMReport {
        try LVMReport(parsing: successfulOutput(deadline: deadline).standardOutput)
    }

    /// The output of a command that makes no report; throws where it failed.
    func successfulOutput(deadline: Duration) throws(DriverError) -> CommandOutput {
        let output = try run(deadline: deadline)
        guard output.exitCode == 0 else {
            throw DriverError(
                .unavailable,
                "\(subcommand) failed with exit code \(output.exitCode): \(output.complaint)"
            )
        }
        return output
    }
}
