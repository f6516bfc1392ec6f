import DriverCore
import Host

/// The programs that the driver runs.
enum ProgramChecks {
    private struct Program {
        let program: HostProgram
        /// The arguments that print the program's version; nil where there are none.
        let versionArguments: [String]?
        let filesystem: FilesystemType
    }

    private static let programs = [
        Program(program: .mkfsExt4, versionArguments: ["-V"], filesystem: .ext4),
        Program(program: .e2fsck, versionArguments: ["-V"], filesystem: .ext4),
        Program(program: .resize2fs, versionArguments: [], filesystem: .ext4),
        Program(program: .mkfsXFS, versionArguments: ["-V"], filesystem: .xfs),
        Program(program: .mkfsBtrfs, versionArguments: ["-V"], filesystem: .btrfs),
        Program(program: .btrfstune, versionArguments: nil, filesystem: .btrfs),
    ]

    private static let deadline = Duration.seconds(10)

    /// `filesystems` are those that the tiers make by themselves: their programs must be there.
    static func run(filesystems: Set<FilesystemType>) -> Examination {
        var examination = Examination("programs")
        for program in programs {
            let name = program.program.name
            do throws(DriverError) {
                let command = try HostCommand(
                    program.program,
                    arguments: program.versionArguments ?? []
                )
                examination.good(name, version(of: program, command))
            } catch {
                let advice = "apt-get install \(program.program.debianPackage)"
                let type = program.filesystem
                if filesystems.contains(type) {
                    examination.problem(name, "missing: a tier uses \(type)", advice)
                } else {
                    examination.note(name, "missing: no \(type) volumes here", advice)
                }
            }
        }
        return examination
    }

    /// The version; the path where the program prints none.
    private static func version(of program: Program, _ command: HostCommand) -> String {
        guard program.versionArguments != nil, let output = try? command.run(deadline: deadline)
        else { return command.program }
        let words = (output.standardError + " " + output.standardOutput)
            .byteWords
        return words.first(where: isVersion).map(String.init) ?? command.program
    }

    /// `1.47.0`, or the `v6.2` of btrfs-progs.
    private static func isVersion(_ word: Substring) -> Bool {
        let digits = word.removingBytePrefix("v") ?? word
        let parts = digits.byteSplit(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 && parts.allSatisfy(\.isDecimal)
    }
}
