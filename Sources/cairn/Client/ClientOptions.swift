import ArgumentParser
import DriverCore
import Host

/// The driver to call, and the output format.
struct ClientOptions: ParsableArguments {
    @Option(
        help:
            "The socket of the driver. Default: $CSI_ENDPOINT, else \(ServerOptions.defaultEndpoint).",
        completion: .file()
    )
    var endpoint: String?

    @Option(
        help: """
            The tiers file. It adds the tiers, names and states that CSI does not report. Default: \
            $CAIRN_CONFIG, else \(NodeOptions.defaultConfig) if it can be read.
            """,
        completion: .file()
    )
    var config: String?

    @Option(help: "Seconds to wait for an operation. The driver continues it after that.")
    var timeout: Int = 3600

    @Option(name: .shortAndLong, help: "Output format: table or json.")
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
