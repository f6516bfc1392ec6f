import ArgumentParser
import CSIServing
import DriverCore
import GRPCRuntime
import Host
import Logging
import Registrar

/// Plays many nodes of a cluster in one process: scripts/scale.sh starts some of them.
///
/// Each node has a server of its own with mutual TLS and registers as a real one does; only its
/// storage is played.
@main
struct ClusterPlayer: AsyncParsableCommand {
    @Option(help: "Where the controller listens, host:port.")
    var controller: String

    @Option(help: "The number of the first node; node 7 is n7.")
    var first = 0

    @Option(help: "How many nodes.")
    var nodes = 1

    @Option(help: "Volumes of each node.")
    var volumes = 0

    @Option(help: "The port of node 0; node 7 listens 7 ports above.")
    var basePort = 12_000

    @Option(help: "In how many seconds they come, one after the other.")
    var within = 0

    @Option(help: "The folder of the nodes' certificate.")
    var tlsDir: String

    func run() async throws {
        Memory.shareOneArena()
        Descriptors.allowMost()
        var logger = Logger(label: "player") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        guard case .tcp(let host, let port) = try Endpoint(parsing: controller) else {
            throw ValidationError("--controller '\(controller)' is not host:port")
        }
        let place = Registrar.Place(host: host, port: port)
        let bootID = try BootID.current()
        let playing = try (first..<first + nodes).map { number in
            try play(number, place, bootID, logger)
        }
        let pause = Duration.seconds(within) / nodes
        // Until the process is ended.
        await withTaskGroup(of: Void.self) { group in
            for (index, (server, registrar)) in playing.enumerated() {
                group.addTask { await server.serve() }
                group.addTask {
                    try? await Task.sleep(for: pause * index)
                    await registrar.run()
                }
            }
        }
    }

    private func play(_ number: Int, _ place: Registrar.Place, _ bootID: String, _ logger: Logger)
        throws -> (Server, Registrar)
    {
        let tls = TLSFiles(folder: tlsDir)
        let endpoint = "127.0.0.1:\(basePort + number)"
        let node = PlayedNode("n\(number)", volumes: volumes)
        var router = Router()
        node.register(in: &router)
        router.intercept(PeerPolicy.ofNodes.around)
        var configuration = ServerConfiguration(
            endpoints: [try Endpoint(parsing: endpoint)],
            tls: tls
        )
        // A real node reads its files every ten seconds; thousands on one machine would do little
        // else.
        configuration.tlsRefresh = .seconds(3600)
        let server = try Server(configuration, router: router)
        let registrar = Registrar(at: [place], tls: tls, claim: IDClaim(), logger: logger) {
            node.registration(endpoint: endpoint, bootID: bootID, time: WallClock.now())
        }
        return (server, registrar)
    }
}
