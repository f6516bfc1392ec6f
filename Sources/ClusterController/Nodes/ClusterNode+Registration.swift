import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Naming

extension ClusterNode {
    /// Parses a registration that came from `peer`.
    ///
    /// A node answers at the address that it registers from. So whoever holds the certificate that
    /// all nodes share cannot point an id at another machine. A certificate that names the node is
    /// proof enough of any address.
    init(_ request: RegisterRequest, from peer: Peer, isNamed: Bool) throws(DriverError) {
        // Checks the limits of CSI for node id and segments.
        _ = try NodeIdentity(
            driverName: request.driverName,
            version: request.version,
            nodeID: request.nodeID,
            topology: request.segments
        )
        guard case .tcp(let host, let port) = try Endpoint(parsing: request.endpoint) else {
            throw DriverError(
                .invalidRequest,
                "node '\(request.nodeID)' registers with the endpoint '\(request.endpoint)', which is "
                    + "not host:port"
            )
        }
        var address = host
        if let source = peer.host {
            if Self.isAny(host) { address = source }
            guard isNamed || address.hasSameBytes(as: source) else {
                throw DriverError(
                    .invalidRequest,
                    "node '\(request.nodeID)' registers with the endpoint '\(request.endpoint)', but "
                        + "from the address \(source); use that address, or give each node its own "
                        + "certificate"
                )
            }
        }
        registration = try Self.checked(request)
        self.isNamed = isNamed
        endpoint = .tcp(host: address, port: port)
        digest = NodeIdentity.idDigest(ofNode: request.nodeID)
    }

    private static let mostTiers = 64

    /// The largest figure of a node, 256 TiB, so that sums over all nodes fit.
    ///
    /// A thin tier may promise more.
    private static let largest = Int64(1) << 48

    /// A figure of a node, limited so that sums over all nodes fit.
    static func bounded(_ figure: Int64) -> Int64 { min(max(figure, 0), largest) }

    /// The registration with figures that can be summed; throws where one is negative or there are
    /// too many tiers.
    private static func checked(_ request: RegisterRequest) throws(DriverError) -> RegisterRequest {
        var checked = request
        var areSound =
            request.tiers.count <= mostTiers && request.clockUnixNanoseconds >= 0
            && (0...largest).contains(request.surveyMilliseconds)
        for index in checked.tiers.indices {
            for figure in Self.figures {
                areSound = areSound && checked.tiers[index][keyPath: figure] >= 0
                checked.tiers[index][keyPath: figure] = bounded(
                    checked.tiers[index][keyPath: figure]
                )
            }
        }
        guard areSound else {
            throw DriverError(
                .invalidRequest,
                "node '\(request.nodeID)' registers with a negative number, or with more than "
                    + "\(mostTiers) tiers; update its driver"
            )
        }
        return checked
    }

    private static var figures: [WritableKeyPath<NodeTier, Int64>] {
        [
            \.totalBytes, \.availableBytes, \.maximumVolumeBytes, \.volumeCount, \.snapshotCount,
            \.sizeUnitBytes, \.minimumVolumeBytes,
        ]
    }

    /// Whether the node listens at all its addresses and leaves the choice to the controller.
    private static func isAny(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }
}
