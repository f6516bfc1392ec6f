import CSIMessages
import DriverHarness
import Synchronization
import TestSupport
import Testing

/// A volume with data that is in use all the time, and how its cluster looks with it alone.
struct Bystander: Sendable {
    let volume: String
    let target: String
    let available: Int64
    let devices: [String]
    let mounts: [String]

    private static let known = Mutex<[String: Bystander]>([:])

    static func of(_ cluster: Cluster) -> Bystander {
        known.withLock { $0[cluster.folder] }
            ?? Bystander(volume: "none", target: "", available: 0, devices: [], mounts: [])
    }

    /// Makes it where the cluster has none yet.
    static func make(in cluster: Cluster) async throws {
        guard known.withLock({ $0[cluster.folder] }) == nil else { return }
        let volume = try await cluster.create("bystander", mebibytes: 64).volumeID
        let target = cluster.target("bystander")
        try await cluster.stage(volume)
        try await cluster.publish(volume, at: target)
        try fill(target)
        // A start measures what the volume's file holds by now; without one the tier offers less for
        // a while.
        try Tool.run("/usr/bin/sync", "--file-system", cluster.pools[0].directory)
        try await cluster.driver.restart()
        let bystander = Bystander(
            volume: volume,
            target: target,
            available: try await cluster.capacity().availableCapacity,
            devices: cluster.volumeDevices(),
            mounts: try cluster.volumeMounts()
        )
        known.withLock { $0[cluster.folder] = bystander }
    }

    /// Expects that nothing but the bystander is left, and that it is well.
    static func expectAlone(in cluster: Cluster) async throws {
        let bystander = of(cluster)
        #expect(try await cluster.volumes() == [bystander.volume])
        #expect(try await cluster.snapshots() == [])
        #expect(cluster.entries() == ["volumes/\(bystander.volume)"])
        #expect(cluster.volumeDevices() == bystander.devices)
        #expect(try cluster.volumeMounts() == bystander.mounts)
        #expect(Paths.names(in: "\(cluster.folder)/usage") == ["\(bystander.volume).json"])
        #expect(cluster.marks() == [])
        #expect(!Entries.isFrozen(bystander.target))
        try expectFilled(bystander.target)
        try Bytes.write("still writable", to: "\(bystander.target)/note")
        let available = try await cluster.capacity().availableCapacity
        // What the file system has is moved a little by its own bookkeeping, and thin tiers promise a
        // hundred times that. The smallest volume of a story is larger than either.
        let slack: Int64 = cluster.pools[0].kind.isThick ? 4 << 20 : 15 << 20
        #expect(abs(available - bystander.available) <= slack, "capacity leaked")
    }
}

extension Cluster {
    func volumeDevices() -> [String] { Leftovers.devices(beneath: "\(folder)/pools/") }

    func volumeMounts() throws -> [String] { try mountTargets(beneath: "\(folder)/kubelet/") }

    /// Marks of a freeze, and drafts of records.
    func marks() -> [String] {
        pools.flatMap { pool in
            Paths.names(in: "\(pool.directory)/volumes").flatMap { volume in
                Paths.names(in: "\(pool.directory)/volumes/\(volume)")
                    .filter { $0 == "frozen" }.map { "\(volume)/\($0)" }
            }
        }
    }
}
