import CSIMessages
import DriverCore
import DriverHarness
import Glibc
import Host
import TestSupport

/// A node whose disks outlive it: a tier of each kind on them, and the real driver.
struct CutNode {
    /// Where LVM is, and where the files of the loop tier are.
    private static let disks = (lvm: "/dev/vda", loop: "/dev/vdb")
    private static let group = "powercut"
    private static let pool = "pool"
    static let tiers = [
        SoakTier("thick", bindsSources: true), SoakTier("thin"), SoakTier("loop"),
    ]

    /// How far the capacity of an empty tier may be from what it was.
    ///
    /// XFS keeps some of what it took for inodes and folders, and the loop tier promises ten times what
    /// is free.
    static func drift(of tier: SoakTier) -> Int64 { tier.name == "loop" ? 640 << 20 : 0 }

    let cluster: Cluster

    /// Gives the node its disks for the first time.
    static func makeDisks() throws {
        try Guest.run("lvm", ["vgcreate", "--yes", group, disks.lvm])
        try Guest.run(
            "lvm",
            ["lvcreate", "--yes", "--type", "thin-pool", "--size", "3g", "-n", pool, group]
        )
        try Filesystems.make(.xfs, on: disks.loop, options: [], isThick: false)
    }

    /// Runs the body with the driver, as after a boot.
    static func running(_ body: (CutNode) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let cluster = try Cluster(in: folder, pools: [], poolSize: .zero, wrapper: [])
            defer { Leftovers.remove(beneath: folder.path) }
            let node = CutNode(cluster: cluster)
            try node.mountLoopTier(in: folder)
            try Bytes.write(node.tiersFile, to: cluster.driver.places.tiersFile)
            do {
                try await cluster.driver.start()
                for tier in tiers { try await node.waitForTier(tier) }
                try await body(node)
            } catch {
                _ = try await cluster.driver.stop(SIGKILL)
                throw error
            }
            _ = try await cluster.driver.stop()
        }
    }

    private func mountLoopTier(in folder: TemporaryFolder) throws {
        _ = try folder.mount(Self.disks.loop, as: .xfs, named: "disk")
        if !Paths.exists(loopFolder) { try Paths.makeFolder(loopFolder) }
    }

    private var loopFolder: String { "\(cluster.folder)/disk/loop" }

    private var tiersFile: String {
        """
        tiers:
          - name: thick
            lvm: {volumeGroup: \(Self.group), snapshotReserve: 100%}
          - name: thin
            default: true
            lvm: {volumeGroup: \(Self.group), thinPool: \(Self.pool), overcommit: 10}
          - name: loop
            loop: {directory: \(loopFolder), create: true, mountPoint: false, overcommit: 10}

        """
    }

    /// A driver is ready before its tiers are, which have no capacity until then.
    private func waitForTier(_ tier: SoakTier) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await cluster.capacity(of: tier.name).availableCapacity == 0 {
            guard ContinuousClock.now < deadline else {
                let log = try cluster.driver.logText()
                throw DriverError(.timedOut, "the tier \(tier) does not start\n\(log)")
            }
        }
    }

    func capacities() async throws -> [Int64] {
        var capacities: [Int64] = []
        for tier in Self.tiers {
            capacities.append(try await cluster.capacity(of: tier.name).availableCapacity)
        }
        return capacities
    }

    /// What is on the disks and in the kernel beside the pool of the administrator.
    func leftovers() throws -> [String] {
        let volumes = try Guest.run(
            "lvm",
            ["lvs", "--all", "--noheadings", "--options", "lv_name", Self.group]
        ).standardOutput.split { $0.isWhitespace || $0 == "[" || $0 == "]" }.map(String.init)
        let own = [Self.pool, "\(Self.pool)_tdata", "\(Self.pool)_tmeta", "lvol0_pmspare"]
        let files = ["volumes", "snapshots"].flatMap { Paths.names(in: "\(loopFolder)/\($0)") }
        let mapped = Paths.names(in: "/dev/mapper").filter { $0.contains("1--") }
        return volumes.filter { !own.contains($0) } + files + mapped
            + Leftovers.devices(beneath: "\(cluster.folder)/disk/")
            + Paths.names(in: "\(cluster.folder)/usage")
            + Paths.names(in: "\(cluster.folder)/kubelet/pods")
    }
}
