import GRPCRuntime
import Testing

@Suite(.timeLimit(.minutes(5)))
struct PeerPolicyTests {
    private static let controller = "controller.cairn.storage"
    private static let node = "node.cairn.storage"

    @Test(arguments: [
        ([controller], PeerRole.controller),
        (["10.0.0.1", "cairn.kube-system.svc", controller], .controller),
        ([node], .node(ids: [])),
        (["n1.\(node)"], .node(ids: ["n1"])),
        ([node, "n1.\(node)"], .node(ids: ["n1"])),
        (["N_2.x.\(node)", "b.\(node)"], .node(ids: ["N_2.x", "b"])),
        ([], .none), (["example.org"], .none), ([".\(node)"], .none), (["x\(node)"], .none),
        (["\(node)."], .none), (["\(node).example.org"], .none), (["Node.cairn.storage"], .none),
        (["x.\(controller)"], .none), (["*.cairn.storage"], .none),
        // What one key can do must be one thing.
        ([controller, node], .none), ([controller, "n1.\(node)"], .none),
    ])
    func `a role is what the names of a certificate say`(names: [String], role: PeerRole) {
        #expect(PeerRole(certificateNames: names) == role)
    }

    @Test(arguments: [
        ("/csi.v1.Controller/CreateVolume", [controller], nil),
        ("/csi.v1.Identity/Probe", [controller], nil),
        ("/csi.v1.Controller/CreateVolume", [node], StatusCode.permissionDenied),
        ("/csi.v1.Controller/CreateVolume", ["n1.\(node)"], .permissionDenied),
        ("/csi.v1.Identity/Probe", [node], .permissionDenied),
        ("/csi.v1.Node/NodeStageVolume", [controller], .permissionDenied),
        ("/csi.v1.ControllerX/CreateVolume", [controller], .permissionDenied),
        ("/cairn.v1.NodeRegistry/Register", [node], .permissionDenied),
        ("", [controller], .permissionDenied),
        ("/csi.v1.Controller/CreateVolume", [], .unauthenticated),
        ("/csi.v1.Controller/CreateVolume", ["example.org"], .unauthenticated),
        ("/csi.v1.Controller/CreateVolume", [controller, node], .unauthenticated),
    ])
    func `a node lets controllers call its Controller service, and nobody anything else`(
        method: String,
        names: [String],
        code: StatusCode?
    ) {
        #expect(PeerPolicy.ofNodes.refusal(of: method, by: Self.peer(names))?.code == code)
    }

    @Test(arguments: [
        ("Register", [node], true, false), ("Leave", [node], true, false),
        ("Register", ["n1.\(node)"], true, true), ("Leave", [node, "n1.\(node)"], true, true),
        ("ListNodes", ["n1.\(node)"], false, false), ("Register", [controller], false, false),
    ])
    func `a controller lets nodes register, and only those with a name where it asks for one`(
        method: String,
        names: [String],
        isTaken: Bool,
        isTakenWithNames: Bool
    ) {
        for (isRequiring, isAllowed) in [(false, isTaken), (true, isTakenWithNames)] {
            let policy = PeerPolicy.ofControllers(requiringNodeNames: isRequiring)
            let refusal = policy.refusal(
                of: "/cairn.v1.NodeRegistry/\(method)",
                by: Self.peer(names)
            )
            #expect((refusal == nil) == isAllowed, "\(isRequiring)")
            #expect(refusal == nil || refusal?.code == .permissionDenied)
        }
    }

    @Test(arguments: [
        ("n1", [node], true, false), ("n1", ["n1.\(node)"], true, true),
        ("n1", [node, "n1.\(node)"], true, true), ("n2", ["n1.\(node)"], false, false),
        ("n2", [node, "n1.\(node)"], false, false), ("N1", ["n1.\(node)"], false, false),
        ("n2", ["n1.\(node)", "n2.\(node)"], true, true), ("n1", [controller], false, false),
        ("n1", [], false, false),
    ])
    func `a certificate speaks for the nodes that it names`(
        id: String,
        names: [String],
        isTaken: Bool,
        isTakenWithNames: Bool
    ) {
        for (isRequiring, isAllowed) in [(false, isTaken), (true, isTakenWithNames)] {
            let policy = PeerPolicy.ofControllers(requiringNodeNames: isRequiring)
            let refusal = policy.refusal(ofNode: id, by: Self.peer(names))
            #expect((refusal == nil) == isAllowed, "\(isRequiring)")
        }
    }

    @Test func `a unix socket is guarded by its mode`() {
        let local = Peer(address: "unix:")
        let policy = PeerPolicy.ofControllers(requiringNodeNames: true)
        #expect(policy.refusal(of: "/cairn.v1.NodeRegistry/ListNodes", by: local) == nil)
        #expect(policy.refusal(ofNode: "n1", by: local) == nil)
    }

    @Test func `a refusal says whose certificate it was and what is asked for`() {
        let peer = Self.peer([Self.node, "n1.\(Self.node)"])
        let call = PeerPolicy.ofNodes.refusal(of: "/csi.v1.Controller/DeleteVolume", by: peer)
        #expect(
            call?.message == "only controllers may call csi.v1.Controller/DeleteVolume, and the "
                + "certificate is that of node n1"
        )
        let policy = PeerPolicy.ofControllers(requiringNodeNames: false)
        #expect(policy.refusal(ofNode: "n2", by: peer)?.message.contains("node 'n2'") == true)
    }

    private static func peer(_ names: [String]) -> Peer {
        Peer(address: "ipv4:10.0.0.1:4711", certificateNames: names)
    }
}
