import ArgumentParser
import DriverCore
import GRPCRuntime
import Host
import Logging

/// The options for the connections between processes of a cluster.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to listen for the other processes of the cluster, over mutual TLS.",
            valueName: "host:port"
        )
    )
    var listen: String = "0.0.0.0:9810"

    @Option(
        help: """
            The directory of this process's certificate: tls.crt, tls.key and ca.crt. Changed files \
            are read again within \(ChannelOptions().tlsRefresh.components.seconds) seconds.
            """,
        completion: .directory
    )
    var tlsDir: String = "/etc/cairn/tls"

    var tls: TLSFiles { TLSFiles(folder: tlsDir) }

    /// Has refused handshakes logged, which neither side's calls show.
    func logHandshakes(_ logger: Logger) {
        TLSFailures.ofProcess.observe { reason, untold in
            logger.warning(
                "a TLS handshake failed",
                metadata: ["reason": "\(reason)", "more_before": "\(untold)"]
            )
        }
    }

    /// The server of the cluster's port; `mostDescriptors` bounds what connections cost.
    func server(_ router: Router, mostDescriptors: Int32? = nil) throws(DriverError) -> Server {
        guard case .tcp = try Endpoint(parsing: listen) else {
            throw DriverError(.invalidRequest, "--listen '\(listen)' is not host:port")
        }
        var configuration = ServerConfiguration(
            endpoints: [try Endpoint(parsing: listen)],
            tls: tls
        )
        configuration.maximumDescriptors = mostDescriptors
        configuration.maximumConcurrentCalls = 4 * BlockingPool.mostWaiting
        // The other side pings every ten seconds.
        configuration.minimumClientPingInterval = .seconds(5)
        return try Server(configuration, router: router)
    }
}
