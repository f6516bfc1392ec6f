import ArgumentParser
import CSIServices
import Configuration
import DriverCore
import GRPCRuntime
import Host
import Logging
import Telemetry

/// The whole driver in one process: Identity, Controller and Node on one socket.
struct Standalone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve Identity, Controller and Node on one socket.",
        discussion: """
            For one-node clusters, laptops and tests. After SIGTERM it accepts no calls, lets \
            running calls end and exits with 0. After a second signal it exits at once.

            Example:
              cairn standalone --endpoint unix:///run/cairn/csi.sock --config tiers.yaml
            """
    )

    @OptionGroup var server: ServerOptions
    @OptionGroup var node: NodeOptions
    @OptionGroup var logging: LoggingOptions

    func run() async throws {
        Memory.shareOneArena()
        let logger = logging.bootstrap()
        do throws(DriverError) {
            let driver = try StandaloneDriver(server: server, node: node, logger: logger)
            await driver.run()
        } catch {
            logger.critical("cannot start", metadata: ["error": "\(error.message)"])
            throw ExitCode(1)
        }
    }
}
