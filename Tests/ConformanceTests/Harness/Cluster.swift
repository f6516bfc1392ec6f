import CSIMessages
import DriverCore
import GRPCRuntime
import Glibc
import Host
import Synchronization
import TestSupport

/// A driver over mounted pools: what the tests of one suite share.
final class Cluster: Sendable {
    @TaskLocal static var current: Cluster?

    let folder: String
    let pools: [Pool]
    let driver: Driver
    private static let serial = Atomic(0)

    /// The cluster that the suite's trait has made.
    static func here() throws -> Cluster {
        guard let current else {
            throw DriverError(.hostFailure, "the suite has no .cluster trait")
        }
        return current
    }

    /// Makes everything but does not start the driver.
    init(
        in folder: TemporaryFolder,
        pools kinds: [PoolKind],
        poolSize: ByteCount,
        wrapper: [String]
    )
        throws
    {
        let path = folder.path
        for name in ["run", "pools", "kubelet", "kubelet/staging", "kubelet/pods"] {
            _ = try folder.makeFolder(name)
        }
        self.folder = path
        pools = try kinds.map { try Pool($0, in: path, size: poolSize) }
        driver = Driver(places: Driver.Places(folder: path), wrapper: wrapper)
        try Bytes.write(tiersFile, to: driver.places.tiersFile)
    }

    /// The first tier is the default one.
    var tiersFile: String {
        var text = "tiers:\n"
        for (index, pool) in pools.enumerated() {
            text += "  - name: \(pool.kind.tier)\n"
            if index == 0 { text += "    default: true\n" }
            text += pool.yaml
        }
        return text
    }

    func pool(_ kind: PoolKind) throws -> Pool {
        guard let pool = pools.first(where: { $0.kind == kind }) else {
            throw DriverError(.notFound, "the suite's cluster has no pool \(kind)")
        }
        return pool
    }

    /// A name that no other test uses.
    func unique(_ prefix: String) -> String {
        "\(prefix)-\(Self.serial.add(1, ordering: .relaxed).newValue)"
    }

    func call<Request: CSIRequest>(_ request: Request, timeout: Duration = .seconds(60))
        async throws(RPCFailure) -> Request.Response
    {
        try await driver.call(request, timeout: timeout)
    }
}
