import ArgumentParser

/// The command `cairn tier ...`.
struct TierCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tier",
        abstract: "Show the tiers and how full they are.",
        subcommands: [TierList.self]
    )
}
