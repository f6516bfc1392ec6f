import CSIClient
import CSIMessages
import CSIServices
import DriverCore
import GRPCRuntime
import Naming
import NodeStorage

/// One command's connection to a driver that has answered.
struct Session: Sendable {
    let options: ClientOptionValues
    let plugin: GetPluginInfoResponse
    private let client: CSIClient
    private let channel: Channel

    /// The values of ``ClientOptions`` that a session needs; option groups themselves are not
    /// Sendable.
    struct ClientOptionValues: Sendable {
        let endpoint: String
        let timeout: Duration
    }

    /// How long a reading call may take.
    private static let readingTimeout = Duration.seconds(60)
    private static let greetingTimeout = Duration.seconds(10)

    /// Asks for the driver's name; throws `unavailable` where no driver answers.
    init(_ options: ClientOptions) async throws {
        let endpoint = try Endpoint(parsing: options.endpointText)
        channel = try Channel(to: endpoint)
        client = CSIClient(channel: channel)
        self.options = ClientOptionValues(
            endpoint: endpoint.description,
            timeout: .seconds(options.timeout)
        )
        plugin = try await Self.greet(client, endpoint)
    }

    /// Runs the body with a session, and closes it whatever happens.
    static func with<Result>(
        _ options: ClientOptions,
        _ body: (Session) async throws -> Result
    ) async throws -> Result {
        let session = try await Session(options)
        do {
            let result = try await body(session)
            await session.channel.close()
            return result
        } catch {
            await session.channel.close()
            throw error
        }
    }

    /// A call that only reads; `what` completes "cannot ...".
    func read<Request: CSIRequest>(_ request: Request, to what: String) async throws
        -> Request.Response
    {
        do throws(RPCFailure) {
            return try await client.call(
                request,
                timeout: min(Self.readingTimeout, options.timeout)
            )
        } catch {
            throw CommandFailure(error, during: what)
        }
    }

    /// The same for callers that decide by the code.
    func readOrCode<Request: CSIRequest>(_ request: Request) async throws(RPCFailure)
        -> Request.Response
    {
        try await client.call(request, timeout: min(Self.readingTimeout, options.timeout))
    }

    /// A call that changes something, waited for to its end; `what` completes "cannot ...".
    func perform<Request: CSIRequest>(_ request: Request, to what: String) async throws
        -> Request.Response
    {
        try await LongCall(client: client, timeout: options.timeout, what: what).run(request)
    }

    /// The driver's node, which its ids are made of; nil where it has no Node service.
    func node() async throws -> NodeGetInfoResponse? {
        do throws(RPCFailure) {
            return try await readOrCode(NodeGetInfoRequest())
        } catch {
            if error.code == .unimplemented { return nil }
            throw CommandFailure(error, during: "ask which node this is")
        }
    }

    /// The identities that the driver's ids are made of: its node's, or those of a controller's
    /// nodes; none for a driver that cannot be ours.
    func identities() async throws -> [NodeIdentity] {
        let nodes =
            if let node = try await node() { [node.nodeID] } else { try await clusterNodes() }
        return nodes.compactMap { nodeID in
            try? NodeIdentity(
                driverName: plugin.name,
                version: plugin.vendorVersion,
                nodeID: nodeID,
                topology: [:]
            )
        }
    }

    /// The nodes behind a controller; none where the driver is no controller of ours.
    private func clusterNodes() async throws -> [String] {
        do throws(RPCFailure) {
            let answer = try await readOrCode(ListNodesRequest())
            return answer.nodes.compactMap { $0.registration?.nodeID }
        } catch {
            if error.code == .unimplemented { return [] }
            throw CommandFailure(error, during: "ask the controller for its nodes")
        }
    }

    private static func greet(_ client: CSIClient, _ endpoint: Endpoint) async throws
        -> GetPluginInfoResponse
    {
        do throws(RPCFailure) {
            return try await client.call(GetPluginInfoRequest(), timeout: greetingTimeout)
        } catch {
            switch error.code {
            case .unavailable:
                throw CommandFailure(
                    .unavailable,
                    "no driver answers at \(endpoint): start it with 'cairn standalone', or name its "
                        + "socket with --endpoint"
                )
            case .deadlineExceeded:
                throw CommandFailure(
                    .unavailable,
                    "the driver at \(endpoint) accepted the connection but does not answer: see its log"
                )
            default:
                throw CommandFailure(
                    .failed,
                    "the server at \(endpoint) is not a CSI driver: \(error)"
                )
            }
        }
    }
}
