import DriverHarness
import Host

/// What lies beneath a folder: names, kinds, sizes and contents, to be compared before and after.
enum Listing {
    /// One line for each name, without what lies beneath a name that is left out.
    static func of(_ folder: String, without left: String...) throws -> [String] {
        let names = try lines("/usr/bin/find", folder, "-printf", "%y %m %s %l %p\n")
        let sums = try lines(
            "/usr/bin/find",
            folder,
            "-type",
            "f",
            "-exec",
            "/usr/bin/sha256sum",
            "{}",
            "+"
        )
        return (names + sums).filter { line in !left.contains { line.contains($0) } }.sorted()
    }

    private static func lines(_ program: String, _ arguments: String...) throws -> [String] {
        let command = HostCommand(program: program, arguments: arguments)
        let output = try command.run(deadline: .seconds(60))
        return output.standardOutput.split(separator: "\n").map(String.init)
    }
}
