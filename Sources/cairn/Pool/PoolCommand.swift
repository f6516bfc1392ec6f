import ArgumentParser
import BackendLVM
import DriverCore
import Host

/// The command `cairn pool ...`.
struct PoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Create pools; extend and repair LVM thin pools.",
        discussion: """
            The driver never creates, extends or repairs an LVM pool: its administrator does. For LVM, \
            these commands print the LVM commands that they will run, and ask first. Run them as root \
            on the node of the pool; the driver need not run.
            """,
        subcommands: [PoolCreate.self, PoolExtend.self, PoolRepair.self]
    )
}

/// `vg/pool`, as LVM writes it.
struct PoolPath: ExpressibleByArgument, Sendable {
    let group: String
    let pool: String

    init?(argument: String) {
        let parts = argument.byteSplit(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(Self.isName) else { return nil }
        (group, pool) = (String(parts[0]), String(parts[1]))
    }

    /// Source: lvm(8), "Valid names".
    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && !text.hasBytePrefix("-") && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || "+_.-".utf8.contains(byte)
            }
    }
}

/// Showing a plan, asking, running it.
struct PlanOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Run the commands without asking.")
    var yes = false

    func carryOut(_ plan: PoolPlan) throws {
        for line in plan.lines { Console.write(line) }
        guard try yes || isWanted() else {
            throw CommandFailure(.failed, "nothing was changed")
        }
        try plan.run()
    }

    private func isWanted() throws -> Bool {
        guard Terminal.isInput, Terminal.isError else {
            throw CommandFailure(
                .usage,
                "nothing was changed: there is no terminal to ask on; add --yes to run these commands"
            )
        }
        Console.draw("Run these commands? [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}
