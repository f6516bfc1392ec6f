import DriverCore

/// Who may call what over the network.
///
/// Unix sockets are guarded by their mode and owner: whoever can open one may call everything.
/// Everywhere else a certificate must name the role that a service is for.
package struct PeerPolicy: Sendable {
    /// Who a service or a single method is for.
    package enum Caller: String, Sendable {
        case controller = "controllers"
        case node = "nodes"
    }

    /// By `package.Service` or `package.Service/Method`; the latter has priority.
    private let callers: [String: Caller]
    /// Whether a node's certificate must name the node.
    private let requiresNodeNames: Bool

    package init(callers: [String: Caller], requiresNodeNames: Bool = false) {
        self.callers = callers
        self.requiresNodeNames = requiresNodeNames
    }

    /// The methods on the network port of a node.
    package static let ofNodes = PeerPolicy(callers: [
        "csi.v1.Identity": .controller, "csi.v1.Controller": .controller,
        "cairn.v1.Inventory": .controller,
    ])

    /// The methods on the network port of a controller; ListNodes is only on its unix socket.
    package static func ofControllers(requiringNodeNames: Bool) -> PeerPolicy {
        PeerPolicy(
            callers: [
                "cairn.v1.NodeRegistry/Register": .node, "cairn.v1.NodeRegistry/Leave": .node,
            ],
            requiresNodeNames: requiringNodeNames
        )
    }

    /// Why the peer may not call the method, by its full path; nil where it may.
    package func refusal(of method: String, by peer: Peer) -> RPCFailure? {
        guard !peer.isLocal else { return nil }
        let role = PeerRole(certificateNames: peer.certificateNames)
        guard role != .none else { return Self.strangerRefusal(of: peer) }
        let path = String(method.removingBytePrefix("/") ?? Substring(method))
        let caller = callers[path] ?? callers[String(path.bytePrefix(before: "/"))]
        guard let caller else {
            return RPCFailure(.permissionDenied, "\(path) cannot be called over the network")
        }
        switch (caller, role) {
        case (.controller, .controller): return nil
        case (.node, .node(let ids)):
            return requiresNodeNames && ids.isEmpty ? Self.namelessRefusal : nil
        default:
            return RPCFailure(
                .permissionDenied,
                "only \(caller.rawValue) may call \(path), and the certificate is that of \(role.name)"
            )
        }
    }

    /// Refuses the calls that ``refusal(of:by:)`` refuses: an interceptor.
    ///
    /// It notes for the log who was refused.
    @Sendable package func around(
        _ context: CallContext,
        _ next: () async throws(RPCFailure) -> Void
    ) async throws(RPCFailure) {
        if let refusal = refusal(of: context.method, by: context.peer) {
            context.note { $0.fields.append((key: "peer", value: context.peer.address)) }
            throw refusal
        }
        try await next()
    }

    /// Why the peer may not speak for the node with this id; nil where it may.
    package func refusal(ofNode id: String, by peer: Peer) -> RPCFailure? {
        guard !peer.isLocal else { return nil }
        guard case .node(let ids) = PeerRole(certificateNames: peer.certificateNames) else {
            return RPCFailure(.permissionDenied, "the certificate is not that of a node")
        }
        guard !ids.isEmpty else { return requiresNodeNames ? Self.namelessRefusal : nil }
        guard ids.contains(where: { $0.hasSameBytes(as: id) }) else {
            return RPCFailure(
                .permissionDenied,
                "the certificate is that of node \(ids.joined(separator: ", ")), which may not "
                    + "act for node '\(id)'; give that node its own certificate"
            )
        }
        return nil
    }

    private static let namelessRefusal = RPCFailure(
        .permissionDenied,
        "the certificate names no node, which this controller requires; it must hold the DNS name "
            + PeerRole.name(ofNode: "<node id>")
    )

    private static func strangerRefusal(of peer: Peer) -> RPCFailure {
        guard !peer.certificateNames.isEmpty else {
            return RPCFailure(.unauthenticated, "a call over the network needs a certificate")
        }
        return RPCFailure(
            .unauthenticated,
            "the certificate names \(peer.certificateNames.joined(separator: ", ")); one of "
                + "\(PeerRole.controllerName) and \(PeerRole.nodeName) must be among its DNS names, "
                + "and not both"
        )
    }
}

extension Peer {
    /// Whether the call came over a unix socket.
    package var isLocal: Bool { address.hasBytePrefix("unix:") }
}
