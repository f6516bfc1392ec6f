import ArgumentParser
import BackendLVM
import DriverCore
import Host

/// The command `cairn pool ...`.
struct PoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Make pools; enlarge and repair LVM thin pools.",
        discussion: """
            The driver never changes an LVM pool by itself: it belongs to whoever made it. For LVM, \
            these commands show the commands that they are about to run, and ask. Run them as root on \
            the pool's node; they need no running driver.
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
                "nothing was changed: no terminal to ask on; add --yes to run these commands"
            )
        }
        Console.draw("Run these commands? [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}
