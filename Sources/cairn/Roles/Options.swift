public import ArgumentParser
import Backend
import CSIServices
import Configuration
import DriverCore
import FoundationEssentials
import Host
public import Logging
import Telemetry

/// Where the driver listens.
struct ServerOptions: ParsableArguments {
    @Option(help: "The socket: unix:///path.sock. Default: $CSI_ENDPOINT, else \(defaultEndpoint).")
    var endpoint: String?

    @Option(help: "The permissions of the socket, in octal.")
    var socketMode: String = "0660"

    @Option(help: "The group id of the socket. Default: the driver's own.")
    var socketGroup: UInt32?

    @Option(
        help: ArgumentHelp(
            "Where to serve /metrics and /healthz/live, /startup and /ready. Default: nowhere.",
            valueName: "host:port"
        )
    )
    var metricsAddress: String?

    @Option(
        help: """
            Seconds that running calls may take after SIGTERM; \
            \(NodeStack.undoLimit.components.seconds) more to undo copies.
            """
    )
    var shutdownGrace: Int = 20

    static let defaultEndpoint = "unix:///run/cairn/csi.sock"

    var endpointText: String {
        endpoint ?? Environment.value(of: "CSI_ENDPOINT") ?? Self.defaultEndpoint
    }

    func validate() throws {
        guard UInt32(socketMode, radix: 8).map({ $0 <= 0o777 }) ?? false else {
            throw ValidationError("--socket-mode '\(socketMode)' is not an octal mode like 0660")
        }
        guard shutdownGrace >= 0 else {
            throw ValidationError("--shutdown-grace is negative: give at least 0")
        }
    }
}

/// The options of the driver of a node.
struct NodeOptions: ParsableArguments {
    @Option(help: "The tiers file (YAML).")
    var config: String = defaultConfig

    @Option(help: "The node's name in the cluster. Default: $NODE_ID, else the host name.")
    var nodeID: String?

    @Option(help: "The CSI driver name. A second install on a node needs another name.")
    var driverName: String = defaultDriverName

    @Option(
        help: ArgumentHelp("One more topology segment. May be repeated.", valueName: "key=value")
    )
    var topology: [String] = []

    @Option(help: "The directory of kubelet. Paths under it may have no symbolic links.")
    var kubeletDir: String = "/var/lib/kubelet"

    @Option(
        help: ArgumentHelp(
            "Where to note the use of volumes: a directory that a reboot empties.",
            discussion: "Default: /run/cairn-usage, and -NAME after it if the driver name is not "
                + "\(defaultDriverName)."
        )
    )
    var usageDir: String?

    @Option(help: "Seconds that a delete waits until its volume is unstaged. 0: do not wait.")
    var unstageWait: Int = 8

    @OptionGroup var state: StateOptions

    @Option(help: "How many volumes this node may have, with inline volumes. 0: no limit.")
    var maxVolumes: Int64 = 1024

    static let defaultDriverName = "csi.cairn.storage"

    /// The directory of notes for a driver name.
    ///
    /// Two installs must not share one, because they give the same id to the same name.
    static func defaultUsageFolder(ofDriver name: String) -> String {
        name == defaultDriverName ? "/run/cairn-usage" : "/run/cairn-usage-\(name)"
    }

    var usageFolder: String { usageDir ?? Self.defaultUsageFolder(ofDriver: driverName) }

    static let defaultConfig = "/etc/cairn/tiers.yaml"

    var nodeName: String { nodeID ?? Environment.value(of: "NODE_ID") ?? Environment.hostName() }

    /// The tiers file, read and checked; throws `invalidRequest` with file and line.
    func tiers() throws(DriverError) -> TiersFile { try TiersFile(reading: config) }

    /// Throws `invalidRequest` for a segment that is not `key=value`, or is given twice.
    func segments() throws(DriverError) -> [String: String] {
        try KeyValues.read(topology, of: "--topology")
    }

    func validate() throws {
        guard unstageWait >= 0 else {
            throw ValidationError("--unstage-wait is negative: give at least 0")
        }
        guard maxVolumes >= 0 else {
            throw ValidationError("--max-volumes is negative: give at least 0")
        }
    }
}

/// Where the node keeps what must outlive a container.
struct StateOptions: ParsableArguments {
    @Option(
        help: """
            A directory of the host for the UUIDs of loop pools and volume groups. They prove that a \
            pool exists while its disk is missing, and that a tier that is no longer in the tiers file \
            may have volumes. Default: $CAIRN_STATE_DIR, else \(defaultFolder).
            """,
        completion: .directory
    )
    var stateDir: String?

    static let defaultFolder = "/var/lib/cairn/state"

    var folder: String {
        stateDir ?? Self.usualFolder
    }

    func host(_ logger: Logger) -> StorageHost {
        StorageHost(stateFolder: folder, logger: logger)
    }

    /// Without a log, for commands that report by themselves what they find.
    var quietHost: StorageHost { host(Self.quietLogger) }

    /// The same of commands without that option.
    static var usualHost: StorageHost {
        StorageHost(stateFolder: usualFolder, logger: quietLogger)
    }

    private static let quietLogger = Logger(label: "cairn") { _ in SwiftLogNoOpLogHandler() }

    private static var usualFolder: String {
        Environment.value(of: "CAIRN_STATE_DIR") ?? defaultFolder
    }
}

extension TiersFile {
    /// Reads and checks a file; throws `invalidRequest` with file and line.
    init(reading path: String) throws(DriverError) {
        let text: Data
        do {
            text = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw DriverError(
                .invalidRequest,
                "cannot read the tiers file \(path); write one, or name it with --config",
                cause: error
            )
        }
        try self.init(parsing: [UInt8](text), file: path, kinds: Kinds.all.map { $0.storage })
    }
}

/// How the driver logs.
struct LoggingOptions: ParsableArguments {
    @Option(help: "Log level: trace, debug, info, notice, warning, error or critical.")
    var logLevel: Logger.Level = .info

    @Option(help: "Log format: text or json.")
    var logFormat: LogFormat = .text

    func bootstrap() -> Logger {
        bootstrapLogging(format: logFormat, level: logLevel)
        return Logger(label: "cairn")
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
