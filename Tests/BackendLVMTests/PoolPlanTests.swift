import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// What `cairn pool` runs, run.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct PoolPlanTests {
    private let name = "planned"

    private func wish(_ disks: [GuestDisk], size: ByteCount? = nil) -> PoolPlan.Wish {
        PoolPlan.Wish(
            group: name,
            pool: "pool",
            disks: disks.map(\.path),
            size: size,
            metadataSize: nil
        )
    }

    /// Removes the group before its disks go.
    private func removing(_ body: () throws -> Void) throws {
        let outcome = Result(catching: body)
        _ = try? Guest.run("lvm", ["vgremove", "-ff", "-y", name])
        try outcome.get()
    }

    private func shown(_ fields: String) throws -> [String] {
        let arguments = ["lvs", "--noheadings", "--units", "m", "--nosuffix", "-o", fields, name]
        return try Guest.run("lvm", arguments).standardOutput.split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }
    }

    @Test func `a group and a pool are made of a blank disk, then enlarged by another`()
        throws
    {
        try withTemporaryFolder { folder in
            let disks = [
                try folder.makeDisk(size: .mebibytes(512)),
                try folder.makeDisk(size: .mebibytes(512)),
            ]
            try removing {
                let plan = try PoolPlan.create(wish([disks[0]], size: .mebibytes(256)))
                #expect(plan.lines.count == 3)
                #expect(plan.lines.allSatisfy { $0.contains(name) || $0.contains(disks[0].path) })
                try plan.run()
                #expect(
                    try shown("lv_name,lv_size,discards,lv_when_full,zero")
                        == ["pool 256.00 passdown error zero"]
                )
                let tier = LVMBackend(
                    tier: "tier",
                    group: BackendLVM.VolumeGroup(named: name, tiers: ["tier"]),
                    provisioning: .thin(ThinOptions(pool: "pool")),
                    reserve: .percent(0),
                    logger: quietLogger
                )
                try tier.start()
                try PoolPlan.extend(
                    group: name,
                    pool: "pool",
                    disks: [disks[1].path],
                    by: .mebibytes(300),
                    metadataBy: .mebibytes(4)
                ).run()
                #expect(try shown("lv_size,lv_metadata_size") == ["556.00 8.00"])
                #expect(try tier.capacity().total == .mebibytes(556))
            }
        }
    }

    @Test func `a disk that holds anything is refused, also when it came to hold it since`()
        throws
    {
        try withTemporaryFolder { folder in
            let disk = try folder.makeDisk(size: .mebibytes(256))
            try removing {
                let plan = try PoolPlan.create(wish([disk]))
                try Guest.run("mkfs.ext4", ["-q", disk.path])
                expectFailure(.inUse, disk.path, "ext4") { try plan.run() }
                expectFailure(.inUse, disk.path, "ext4") { try PoolPlan.create(wish([disk])) }
                try Guest.run("e2fsck", ["-fn", disk.path])
            }
        }
    }

    @Test func `a pool with an open volume is not repaired`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let path = try tier.backend.attach(try tier.create("a")).path
            let group = tier.disks.name
            let holder = try BlockFill(of: path)
            expectFailure(.inUse, path, "unmount") {
                try PoolPlan.repair(group: group, pool: TestTier.pool)
            }
            _ = consume holder
            expectFailure(.notFound, "no thin pool other") {
                try PoolPlan.repair(group: group, pool: "other")
            }
        }
    }
}
