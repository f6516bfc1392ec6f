import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Naming

extension ClusterNode {
    /// Reads a registration that came from `peer`.
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
                    "node '\(request.nodeID)' registers with the endpoint '\(request.endpoint)' from "
                        + "\(source); use that address, or give each node a certificate of its own"
                )
            }
        }
        try Self.checkFigures(of: request)
        registration = request
        self.isNamed = isNamed
        endpoint = .tcp(host: address, port: port)
        digest = NodeIdentity.idDigest(ofNode: request.nodeID)
    }

    /// So that sums over all nodes fit.
    private static func checkFigures(of request: RegisterRequest) throws(DriverError) {
        let bounds = Int64(0)...(1 << 48)
        let areSound = request.tiers.allSatisfy { tier in
            [
                tier.totalBytes, tier.availableBytes, tier.maximumVolumeBytes, tier.volumeCount,
                tier.snapshotCount, tier.sizeUnitBytes, tier.minimumVolumeBytes,
            ].allSatisfy(bounds.contains)
        }
        guard areSound, request.tiers.count <= 64, request.clockUnixNanoseconds >= 0,
            bounds.contains(request.surveyMilliseconds)
        else {
            throw DriverError(
                .invalidRequest,
                "node '\(request.nodeID)' registers with figures that cannot be; update its driver"
            )
        }
    }

    /// Whether the node listens at all its addresses and leaves the choice to the controller.
    private static func isAny(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }
}
