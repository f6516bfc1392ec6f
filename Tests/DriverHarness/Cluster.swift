package import CSIMessages
package import DriverCore
package import GRPCRuntime
import Glibc
import Host
import Synchronization
package import TestSupport

/// A driver over mounted pools: what the tests of one suite share.
package final class Cluster: Sendable {
    @TaskLocal package static var current: Cluster?

    package let folder: String
    package let pools: [Pool]
    package let driver: Driver
    /// The stage that a test holds still, and how it ends.
    let held = Mutex<Task<StatusCode, Never>?>(nil)
    private let inline: String
    private static let serial = Atomic(0)

    /// The cluster that the suite's trait has made.
    package static func here() throws -> Cluster {
        guard let current else {
            throw DriverError(.hostFailure, "the suite has no .cluster trait")
        }
        return current
    }

    /// Makes everything but does not start the driver.
    package convenience init(
        in folder: TemporaryFolder,
        pools kinds: [PoolKind],
        poolSize: ByteCount,
        wrapper: [String],
        inline: String = Cluster.openForInline,
        flags: [String] = []
    )
        throws
    {
        var places = Driver.Places(folder: folder.path)
        places.flags = flags
        try self.init(places, pools: kinds, poolSize: poolSize, wrapper: wrapper, inline: inline)
    }

    /// The same at other places, whose folder is there.
    init(
        _ places: Driver.Places,
        pools kinds: [PoolKind],
        poolSize: ByteCount,
        wrapper: [String],
        inline: String = Cluster.openForInline
    )
        throws
    {
        folder = places.folder
        self.inline = inline
        for name in ["run", "pools", "kubelet", "kubelet/staging", "kubelet/pods"] {
            try Paths.makeFolder("\(places.folder)/\(name)")
        }
        pools = try kinds.map { try Pool($0, in: places.folder, size: poolSize) }
        driver = Driver(places: places, wrapper: wrapper)
        try Bytes.write(tiersFile, to: places.tiersFile)
    }

    /// What opens every tier for inline volumes, as far as most tests go.
    package static let openForInline =
        "    inline: {maxSize: 10Ti, maxVolumes: 1000, filesystems: [ext4, xfs, btrfs]}\n"

    /// The first tier is the default one.
    package var tiersFile: String {
        var text = "tiers:\n"
        for (index, pool) in pools.enumerated() {
            text += "  - name: \(pool.kind.tier)\n"
            if index == 0 { text += "    default: true\n" }
            text += inline
            text += pool.yaml
        }
        return text
    }

    package func pool(_ kind: PoolKind) throws -> Pool {
        guard let pool = pools.first(where: { $0.kind == kind }) else {
            throw DriverError(.notFound, "the suite's cluster has no pool \(kind)")
        }
        return pool
    }

    /// Removes the notes of the volumes' use, as a restart of a container would that keeps them in a
    /// folder of its own; the driver has been stopped.
    package func loseNotes() throws {
        for name in Paths.names(in: "\(folder)/usage") {
            try Paths.remove("\(folder)/usage/\(name)")
        }
    }

    /// A name that no other test uses.
    package func unique(_ prefix: String) -> String {
        "\(prefix)-\(Self.serial.add(1, ordering: .relaxed).newValue)"
    }

    package func call<Request: CSIRequest>(_ request: Request, timeout: Duration = .seconds(60))
        async throws(RPCFailure) -> Request.Response
    {
        try await driver.call(request, timeout: timeout)
    }
}
