import DriverCore

/// The role that a peer's certificate gives it.
package enum PeerRole: Sendable, Hashable {
    case controller
    /// Any node where `ids` is empty, else one of these.
    case node(ids: [String])
    /// The certificate names no role, or both.
    case none

    package static let controllerName = "controller.cairn.storage"
    package static let nodeName = "node.cairn.storage"

    /// The DNS name in the certificate of this one node: its id as it is, in front of the role.
    package static func name(ofNode id: String) -> String { "\(id).\(nodeName)" }

    /// The names are compared byte by byte.
    package init(certificateNames names: [String]) {
        let isController = names.contains { $0.hasSameBytes(as: Self.controllerName) }
        let ids = names.compactMap { $0.removingByteSuffix(".\(Self.nodeName)") }
            .filter { !$0.isEmpty }.map(String.init)
        let isNode = !ids.isEmpty || names.contains { $0.hasSameBytes(as: Self.nodeName) }
        switch (isController, isNode) {
        case (true, false): self = .controller
        case (false, true): self = .node(ids: ids)
        default: self = .none
        }
    }

    var name: String {
        switch self {
        case .controller: "a controller"
        case .node(let ids): ids.isEmpty ? "a node" : "node \(ids.joined(separator: ", "))"
        case .none: "nobody"
        }
    }
}
