import ArgumentParser
import DriverCore
import Host

/// Which driver to talk to, and how to show what it says.
struct ClientOptions: ParsableArguments {
    @Option(
        help: "The driver's socket. Default: $CSI_ENDPOINT, else \(ServerOptions.defaultEndpoint).",
        completion: .file()
    )
    var endpoint: String?

    @Option(
        help: """
            The tiers file: tells tiers, names and states that CSI does not. Default: \
            $CAIRN_CONFIG, else \(NodeOptions.defaultConfig) where it is readable.
            """,
        completion: .file()
    )
    var config: String?

    @Option(help: "Seconds to wait for an operation to end; the driver goes on after that.")
    var timeout: Int = 3600

    @Option(name: .shortAndLong, help: "table or json.")
    var output: OutputFormat = .table

    /// The tiers file that was asked for; nil where the default one may be missing.
    var namedConfig: String? { config ?? Environment.value(of: "CAIRN_CONFIG") }

    var endpointText: String {
        endpoint ?? Environment.value(of: "CSI_ENDPOINT") ?? ServerOptions.defaultEndpoint
    }

    func validate() throws {
        guard timeout > 0 else { throw ValidationError("--timeout must be at least 1") }
    }
}
