import CSIMessages
import DriverCore

/// A cluster as `cairn status` shows it.
struct ClusterView: Encodable {
    struct Problem: Encodable {
        let kind: String
        let subject: String
        let message: String
    }

    struct Tier: Encodable {
        let name: String
        let backend: String
        let isDefault: Bool
        let isAvailable: Bool
        let totalBytes: Int64
        let availableBytes: Int64
        let maximumVolumeBytes: Int64
        let volumes: Int64
        let snapshots: Int64
        let problems: [Problem]
    }

    struct Node: Encodable {
        let id: String
        let state: String
        let ageMilliseconds: Int64
        let version: String
        let bootID: String
        let endpoint: String
        let address: String
        let topology: [String: String]
        let clockOffsetMilliseconds: Int64
        let message: String
        let tiers: [Tier]
        let problems: [Problem]
    }

    let controllerVersion: String
    let leaseSeconds: Int64
    /// The controller has just started and may not know all nodes yet.
    let isLearning: Bool
    let nodes: [Node]

    init(_ answer: ListNodesResponse) {
        controllerVersion = answer.controllerVersion
        leaseSeconds = answer.leaseSeconds
        isLearning = answer.isLearning
        nodes = answer.nodes.map(Node.init)
    }
}

extension ClusterView.Node {
    fileprivate init(_ node: RegisteredNode) {
        let registration = node.registration ?? RegisterRequest()
        id = registration.nodeID
        state = node.state.name.lowercased()
        ageMilliseconds = node.ageMilliseconds
        version = registration.version
        bootID = registration.bootID
        endpoint = registration.endpoint
        address = node.peerAddress
        topology = registration.segments
        clockOffsetMilliseconds = node.clockOffsetMilliseconds
        message = node.message
        tiers = registration.tiers.map(ClusterView.Tier.init)
        problems = registration.problems.map(ClusterView.Problem.init)
    }
}

extension ClusterView.Tier {
    fileprivate init(_ tier: NodeTier) {
        name = tier.name
        backend = tier.backend
        isDefault = tier.isDefault
        isAvailable = tier.isAvailable
        totalBytes = tier.totalBytes
        availableBytes = tier.availableBytes
        maximumVolumeBytes = tier.maximumVolumeBytes
        volumes = tier.volumeCount
        snapshots = tier.snapshotCount
        problems = tier.problems.map(ClusterView.Problem.init)
    }
}

extension ClusterView.Problem {
    fileprivate init(_ problem: NodeProblem) {
        kind = problem.kind
        subject = problem.subject
        message = problem.message
    }
}
