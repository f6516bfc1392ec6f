package import CSIMessages
import CSIServing
package import DriverCore
package import GRPCRuntime
package import Logging

/// `cairn.v1.NodeRegistry`, for the nodes.
package struct RegistryService: Sendable {
    /// A node whose clock differs by more is reported: certificates and creation times depend on
    /// clocks.
    private static let clockTolerance = Duration.seconds(5)
    /// This many nodes keep their connection; every other one closes it after a registration.
    ///
    /// An idle connection takes some 90 KiB, and a new one for each registration costs about a
    /// millisecond of the processor.
    package static let mostConnections = 1000

    private let registry: NodeRegistry
    private let policy: PeerPolicy
    private let version: String
    private let driverName: String
    private let mostConnections: Int
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    package init(
        registry: NodeRegistry,
        policy: PeerPolicy,
        driverName: String,
        version: String,
        mostConnections: Int = Self.mostConnections,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.registry = registry
        self.policy = policy
        self.driverName = driverName
        self.version = version
        self.mostConnections = mostConnections
        self.now = now
        self.logger = logger
    }

    /// The methods that nodes call, over TCP.
    package func register(in router: inout Router) {
        router.serve(RegisterRequest.self, register)
        router.serve(LeaveRequest.self, leave)
    }

    /// The methods that `cairn status` calls, over the unix socket.
    package func registerStatus(in router: inout Router) {
        router.serve(ListNodesRequest.self, listNodes)
    }
}

extension RegistryService {
    func register(_ request: RegisterRequest, _ context: CallContext)
        async throws(DriverError) -> RegisterResponse
    {
        guard request.driverName.hasSameBytes(as: driverName) else {
            throw DriverError(
                .invalidRequest,
                "node '\(request.nodeID)' has the driver name '\(request.driverName)', this "
                    + "controller has '\(driverName)'; give both the same --driver-name"
            )
        }
        if let refusal = policy.refusal(ofNode: request.nodeID, by: context.peer) {
            throw DriverError(.invalidRequest, "node '\(request.nodeID)': \(refusal.message)")
        }
        let role = PeerRole(certificateNames: context.peer.certificateNames)
        let node = try ClusterNode(request, from: context.peer, isNamed: role.isNamed)
        let time = now()
        let offset = Duration.nanoseconds(request.clockUnixNanoseconds) - Self.duration(time)
        let outcome = try registry.register(
            node,
            from: context.peer.host ?? context.peer.address,
            clockOffset: offset
        )
        if outcome.wasLost {
            logger.warning(
                "a node that was declared lost is back; remove it from the list of lost nodes",
                metadata: ["node_id": "\(request.nodeID)"]
            )
        }
        warn(ofClock: offset, of: request.nodeID)
        return RegisterResponse(
            leaseSeconds: registry.lease.components.seconds,
            intervalSeconds: max(1, registry.interval.components.seconds),
            controllerVersion: version,
            clockUnixNanoseconds: time.unixNanoseconds,
            disconnect: outcome.serial.map { $0 >= mostConnections } ?? true,
            knownNodes: registry.knownNodes
        )
    }

    private func leave(_ request: LeaveRequest, _ context: CallContext)
        async throws(DriverError) -> LeaveResponse
    {
        if let refusal = policy.refusal(ofNode: request.nodeID, by: context.peer) {
            throw DriverError(.invalidRequest, "node '\(request.nodeID)': \(refusal.message)")
        }
        registry.leave(request, from: context.peer.host ?? context.peer.address)
        return LeaveResponse()
    }

    private func listNodes(_ request: ListNodesRequest, _ context: CallContext)
        async throws(DriverError) -> ListNodesResponse
    { nodes }

    /// The nodes as this controller knows them.
    package var nodes: ListNodesResponse {
        let views = registry.nodes.sorted { $0.node.id < $1.node.id }
        return ListNodesResponse(
            nodes: views.map { view in
                RegisteredNode(
                    registration: view.node.registration,
                    state: view.state,
                    ageMilliseconds: view.age.wholeMilliseconds,
                    peerAddress: view.address,
                    message: message(of: view),
                    clockOffsetMilliseconds: view.clockOffset.wholeMilliseconds
                )
            },
            controllerVersion: version,
            leaseSeconds: registry.lease.components.seconds,
            isLearning: !registry.isSettled
        )
    }

    private func message(of view: NodeView) -> String {
        switch view.state {
        case .silent: NodeRegistry.absence(of: view.node.id, view.state).message
        case .lost: "the node is declared lost; its volumes can be deleted without it"
        default: Self.isOff(view.clockOffset) ? Self.clockWarning(view.clockOffset) : ""
        }
    }

    private func warn(ofClock offset: Duration, of nodeID: String) {
        guard Self.isOff(offset) else { return }
        logger.warning(
            "\(Self.clockWarning(offset))",
            metadata: ["node_id": "\(nodeID)"]
        )
    }

    private static func isOff(_ offset: Duration) -> Bool {
        offset > clockTolerance || offset < .zero - clockTolerance
    }

    private static func clockWarning(_ offset: Duration) -> String {
        let seconds = offset.components.seconds
        return "its clock is \(abs(seconds)) s \(seconds < 0 ? "behind" : "ahead of") the "
            + "controller's; certificates may be refused: set the clock (NTP)"
    }

    private static func duration(_ time: Timestamp) -> Duration {
        .seconds(time.seconds) + .nanoseconds(Int64(time.nanoseconds))
    }
}

extension PeerRole {
    /// Whether the certificate names certain nodes, and not any node.
    fileprivate var isNamed: Bool {
        if case .node(let ids) = self { return !ids.isEmpty }
        return false
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
