import ArgumentParser

@main
struct Cairn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "Node-local CSI volumes: fast, and safe first.",
        version: version,
        subcommands: [Standalone.self, Walk.self, Bench.self]
    )

    /// Told by Identity as vendor_version.
    static let version = "0.1.0"
}
