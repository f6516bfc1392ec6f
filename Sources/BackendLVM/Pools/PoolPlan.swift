import DeviceMapper
package import DriverCore
import Host

/// LVM commands that an administrator asks for; they are shown before they run.
///
/// The driver itself never makes, enlarges or repairs a pool.
package struct PoolPlan: Sendable, Hashable {
    private let commands: [LVMCommand]
    /// The disks that pvcreate will overwrite.
    private var blankDisks: [String] = []

    /// As a person would type them.
    package var lines: [String] { commands.map(\.line) }

    /// How long one command may take: a repair reads all of the pool's metadata.
    private static let limit = Duration.seconds(3600)

    /// Runs them in order; throws where one fails, and runs none after it.
    package func run() throws(DriverError) {
        // Whoever was asked may have taken a while to answer.
        for disk in blankDisks { try Self.refuseUsed(disk) }
        for command in commands { try command.succeed(deadline: Self.limit) }
    }
}

/// Making a pool.
extension PoolPlan {
    /// What a new pool should be.
    package struct Wish: Sendable {
        package let group: String
        package let pool: String
        /// Disks for the group: they are added to it, or a new group is made of them.
        package let disks: [String]
        /// nil: `defaultShare` of the free space.
        package let size: ByteCount?
        /// nil: LVM's choice for the size.
        package let metadataSize: ByteCount?

        package init(
            group: String,
            pool: String,
            disks: [String],
            size: ByteCount?,
            metadataSize: ByteCount?
        ) {
            self.group = group
            self.pool = pool
            self.disks = disks
            self.size = size
            self.metadataSize = metadataSize
        }
    }

    /// A pool that zeroes new blocks, passes discards on, and fails writes at once when it is full.
    ///
    /// For a database an error is better than a queue of writes that wait.
    package static func create(_ wish: Wish) throws(DriverError) -> PoolPlan {
        var commands = try taking(wish.disks, into: wish.group)
        var arguments = [
            "--thinpool", "\(wish.group)/\(wish.pool)", "--zero", "y", "--discards", "passdown",
            "--errorwhenfull", "y",
        ]
        if let size = wish.size {
            arguments += ["--size", "\(size.bytes)b"]
        } else {
            arguments += ["--extents", "\(defaultShare)%FREE"]
        }
        if let size = wish.metadataSize { arguments += ["--poolmetadatasize", "\(size.bytes)b"] }
        commands.append(LVMCommand("lvcreate", arguments))
        return PoolPlan(commands: commands, blankDisks: wish.disks)
    }

    /// Percent of the group's free space that a pool takes when no size is given.
    package static let defaultShare = 90

    /// LVM's default metadata area is full after about 700 volumes of Cairn; this one holds twenty
    /// thousand.
    private static let metadataArea = "32m"

    private static func taking(_ disks: [String], into group: String) throws(DriverError)
        -> [LVMCommand]
    {
        guard !disks.isEmpty else { return [] }
        for disk in disks { try refuseUsed(disk) }
        let prepare = LVMCommand("pvcreate", ["--metadatasize", metadataArea] + disks)
        let known = try groupNames(["--foreign"])
        let exists = known.contains(group)
        let isOurs = try groupNames().contains(group)
        guard isOurs || !exists else {
            throw DriverError(
                .unavailable,
                "volume group \(group) belongs to another host (vgs --foreign -o +vg_systemid): use "
                    + "another name"
            )
        }
        return [prepare, LVMCommand(exists ? "vgextend" : "vgcreate", [group] + disks)]
    }

    private static func groupNames(_ options: [String] = []) throws(DriverError) -> Set<String> {
        let command = LVMReport.command("vgs", columns: ["vg_name"], of: options)
        return Set(try command.report(deadline: limit).rows.compactMap { $0["vg_name"] })
    }

    /// Throws where the disk is not blank: pvcreate would wipe it.
    private static func refuseUsed(_ disk: String) throws(DriverError) {
        let found = Probe.look(atDeviceNamed: disk)
        guard found != .blank else { return }
        throw DriverError(
            .inUse,
            "\(disk) has \(found.inWords): nothing was changed; if nobody needs that data, wipe the "
                + "disk (wipefs --all, blkdiscard), then repeat the command"
        )
    }
}

/// Changing a pool.
extension PoolPlan {
    /// More room for data, for metadata, or for the group.
    package static func extend(
        group: String,
        pool: String,
        disks: [String],
        by data: ByteCount?,
        metadataBy metadata: ByteCount?
    ) throws(DriverError) -> PoolPlan {
        var commands = try taking(disks, into: group)
        let path = "\(group)/\(pool)"
        if let metadata {
            commands.append(
                LVMCommand("lvextend", ["--poolmetadatasize", "+\(metadata.bytes)b", path])
            )
        }
        if let data {
            commands.append(LVMCommand("lvextend", ["--size", "+\(data.bytes)b", path]))
        }
        guard !commands.isEmpty else {
            throw DriverError(
                .invalidRequest,
                "nothing to add to \(path): give --size, --metadata or --disk"
            )
        }
        return PoolPlan(commands: commands, blankDisks: disks)
    }

    /// Clears the pool's flag that asks for a check.
    ///
    /// thin_repair keeps the flag, and so does Debian's LVM, so the kernel would still refuse
    /// writes; thin_check clears it if all is in order.
    private static let clearing =
        "global { thin_check_options = [ \"-q\", \"--clear-needs-check-flag\" ] }"

    /// Rebuilds the pool's metadata; all its volumes must be unmounted.
    package static func repair(group: String, pool: String) throws(DriverError) -> PoolPlan {
        let metadata = try VolumeGroup(named: group, tiers: []).metadata()
        let path = "\(group)/\(pool)"
        guard metadata.logicalVolumes[pool]?.thinPool != nil else {
            throw DriverError(.notFound, "volume group \(group) has no thin pool \(pool)")
        }
        var active: [String] = []
        for volume in metadata.thinVolumes(ofPool: pool) {
            let uuid = metadata.deviceUUID(of: volume)
            guard let device = try DeviceMapper.device(uuid: uuid) else { continue }
            guard device.openCount == 0 else {
                throw DriverError(
                    .inUse,
                    "\(group)/\(volume.name) is open as \(device.path): unmount every volume of "
                        + "\(path) first, and keep the driver from mounting it"
                )
            }
            active.append("\(group)/\(volume.name)")
        }
        return PoolPlan(commands: [
            // By this flag the driver knows that the pool is stopped on purpose, and leaves it so.
            LVMCommand("lvchange", ["--setactivationskip", "y", path]),
            LVMCommand("lvchange", ["--activate", "n"] + active.sorted() + [path]),
            LVMCommand("lvconvert", ["--repair", path]),
            LVMCommand("lvchange", ["--setactivationskip", "n", path]),
            LVMCommand("lvchange", settings: clearing, ["--activate", "y", path]),
        ])
    }
}
