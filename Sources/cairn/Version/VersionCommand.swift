import ArgumentParser
import CSIMessages

/// The command `cairn version`.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the versions of this program and of the driver.",
        discussion: """
            It also succeeds if no driver answers.

            Example:
              cairn version
            """
    )

    @OptionGroup var client: ClientOptions

    private struct Versions: Encodable {
        let cairn: String
        let endpoint: String
        var driver: String?
        var driverVersion: String?
        var node: String?
    }

    func run() async throws {
        var versions = Versions(cairn: Release.version, endpoint: client.endpointText)
        do {
            try await Session.with(client) { session in
                versions.driver = session.plugin.name
                versions.driverVersion = session.plugin.vendorVersion
                versions.node = try await session.node()?.nodeID
            }
        } catch let failure as CommandFailure where failure.status == .unavailable {
            versions.driver = nil
        }
        var facts = FactList()
        facts.add("cairn", versions.cairn)
        facts.add("endpoint", versions.endpoint)
        facts.add("driver", driver(versions))
        facts.add("node", versions.node)
        try client.output.write(versions, text: facts.text)
    }

    private func driver(_ versions: Versions) -> String {
        guard let name = versions.driver else { return "none answers" }
        return "\(name) \(versions.driverVersion ?? "")"
    }
}
