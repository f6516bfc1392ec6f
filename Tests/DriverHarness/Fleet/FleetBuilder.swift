import DriverCore
import Host
import TestSupport

/// Makes the members of a fleet, each in a folder and at an address of its own.
struct FleetBuilder {
    let folder: String
    let plan: FleetPlan
    let network: FleetNetwork

    private var certificates: String { "\(folder)/certificates" }

    func controller(_ number: Int) throws -> Cluster {
        let name = "controller-\(number)"
        try network.add(name, address: address(ofController: number))
        var places = try self.places(name)
        places.hasStorage = false
        places.role = [
            "controller", "--listen", endpoint(ofController: number), "--tls-dir",
            "\(certificates)/controller", "--node-lease", "\(plan.leaseSeconds)",
            "--lost-nodes-file", Fleet.lostNodes(folder),
        ]
        if plan.hasNodeNames { places.role.append("--require-node-names") }
        return try member(Cluster(places, pools: [], poolSize: .zero, wrapper: wrapper(name)))
    }

    func node(_ node: FleetPlan.Node, number: Int) throws -> Cluster {
        let address = "10.89.0.\(100 + number)"
        try network.add(node.name, address: address)
        var places = try self.places(node.name)
        places.role = [
            "node", "--node-id", node.id, "--listen", "\(address):9810", "--tls-dir",
            plan.hasNodeNames ? "\(certificates)/nodes/\(node.id)" : "\(certificates)/node",
        ]
        for number in 1...plan.controllers {
            places.role += ["--controller", endpoint(ofController: number)]
        }
        for segment in node.topology { places.role += ["--topology", segment] }
        return try member(
            Cluster(
                places,
                pools: node.pools,
                poolSize: node.poolSize,
                wrapper: wrapper(node.name) + node.wrapper(places.folder)
            )
        )
    }

    private func wrapper(_ name: String) -> [String] { network.wrapper(name) }

    private func places(_ name: String) throws -> Driver.Places {
        try Paths.makeFolder("\(folder)/\(name)")
        return Driver.Places(folder: "\(folder)/\(name)")
    }

    private func member(_ cluster: Cluster) throws -> Cluster {
        cluster.driver.setVariables([Failpoint.variable: cluster.failpointFile])
        return cluster
    }

    private func address(ofController number: Int) -> String { "10.89.0.\(number)" }

    private func endpoint(ofController number: Int) -> String {
        "\(address(ofController: number)):9810"
    }
}
