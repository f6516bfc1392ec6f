import ArgumentParser
import DriverCore

@main
struct Cairn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "Fast and safe CSI volumes from the disks of a node.",
        discussion: """
            Example:
              cairn standalone --config tiers.yaml &
              cairn volume create data --size 10Gi
              cairn mount data /mnt/data

            Every command has --help with examples. Results go to standard output. A failure is one \
            line on standard error. NO_COLOR switches colours off. To install shell completion:
              cairn --generate-completion-script bash > /etc/bash_completion.d/cairn

            Exit codes:
            \(ExitStatus.table)
            """,
        version: Release.version,
        groupedSubcommands: [
            CommandGroup(
                name: "Storage",
                subcommands: [
                    VolumeCommand.self, SnapshotCommand.self, MountCommand.self,
                    UnmountCommand.self, TierCommand.self, PoolCommand.self,
                ]
            ),
            CommandGroup(
                name: "Driver",
                subcommands: [
                    Standalone.self, ControllerCommand.self, NodeCommand.self, StatusCommand.self,
                    DoctorCommand.self, Walk.self, Bench.self,
                    VersionCommand.self,
                ]
            ),
        ]
    )

    static func main() async {
        do {
            var command = try await asyncParseAsRoot(nil)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Ends the process with the code and the line that the failure asks for.
    private static func end(with error: any Error) -> Never {
        if let failure = failure(of: error) {
            Console.fail(failure.message)
            exit(withError: ExitCode(failure.status.rawValue))
        }
        exit(withError: error)
    }

    /// nil where the error is none: a request for help, or a code that a command has chosen.
    private static func failure(of error: any Error) -> CommandFailure? {
        switch error {
        case let failure as CommandFailure: return failure
        case let error as DriverError: return CommandFailure(error)
        default: break
        }
        guard exitCode(for: error) == .validationFailure else { return nil }
        let manual = fullMessage(for: error).byteSplit(separator: "'").last {
            $0.hasBytePrefix("cairn ")
        }
        let advice = manual.map { ": see '\($0)'" } ?? ""
        return CommandFailure(.usage, complaint(of: error) + advice)
    }

    /// ArgumentParser speaks of an unexpected argument also where a command is expected.
    private static func complaint(of error: any Error) -> String {
        let text = message(for: error)
        guard let word = text.removingBytePrefix("Unexpected argument "),
            fullMessage(for: error).byteSplit(separator: "\n").contains(where: {
                $0.hasBytePrefix("Usage:") && $0.hasByteSuffix("<subcommand>")
            })
        else { return text }
        return "there is no command \(word)"
    }
}
