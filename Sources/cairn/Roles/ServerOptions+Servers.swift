import DriverCore
import GRPCRuntime
import HTTPServer
import Host
import Logging
import Metrics

extension ServerOptions {
    /// More than both pools take, so that a pool refuses what hangs and Identity is always
    /// answered: a liveness probe must not fail for a disk.
    private static let mostCalls = 4 * BlockingPool.mostWaiting

    /// The server of the unix socket.
    func socketServer(_ router: Router, _ logger: Logger) throws(DriverError) -> Server {
        var configuration = ServerConfiguration(endpoints: [try Endpoint(parsing: endpointText)])
        configuration.socketMode = UInt32(socketMode, radix: 8) ?? 0o660
        configuration.maximumConcurrentCalls = Self.mostCalls
        configuration.socketGroup = socketGroup
        let server = try Server(configuration, router: router)
        for process in server.replaced {
            logger.warning(
                "another process served at this socket; clients reach only this one now: stop the other",
                metadata: [
                    "endpoint": "\(endpointText)",
                    "pid": "\(process > 0 ? "\(process)" : "unknown")",
                ]
            )
        }
        return server
    }

    /// The server of metrics and health; nil where it is off.
    ///
    /// An address that is taken is logged and stops nothing: pods must get their volumes.
    func metricsServer(_ page: MetricsPage, _ health: Health, _ logger: Logger) throws(DriverError)
        -> PageServer?
    {
        try Self.pageServer(at: metricsAddress, of: "--metrics-address", "metrics", logger) {
            path in
            guard path == "/metrics" else { return health.page(at: path) }
            return Page(contentType: MetricsText.contentType, text: page.text().text)
        }
    }

    /// A server of pages at the address that a flag gives; `what` completes "serving ...".
    static func pageServer(
        at address: String?,
        of flag: String,
        _ what: String,
        _ logger: Logger,
        pages: @escaping PageServer.Pages
    ) throws(DriverError) -> PageServer? {
        guard let address else { return nil }
        guard case .tcp(let host, let port)? = try? Endpoint(parsing: address) else {
            throw DriverError(
                .invalidRequest,
                "\(flag) '\(address)' is not host:port, such as 127.0.0.1:9808 or [::]:9808"
            )
        }
        do throws(DriverError) {
            let server = try PageServer(host: host, port: port, pages: pages)
            let endpoint = Endpoint.tcp(host: host, port: server.port)
            logger.info("serving \(what)", metadata: ["address": "\(endpoint)"])
            return server
        } catch {
            logger.error("cannot serve \(what)", metadata: ["error": "\(error.message)"])
            return nil
        }
    }
}
