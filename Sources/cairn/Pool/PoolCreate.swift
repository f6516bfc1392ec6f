import ArgumentParser
import Backend
import BackendLVM
import Configuration
import DriverCore
import Host

/// The command `cairn pool create`.
struct PoolCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create the pool of a loop tier, or an LVM thin pool and its volume group.",
        discussion: """
            With the name of a loop tier, it creates the pool of that tier in its directory, which must \
            be empty. It refuses a tier that had a pool before: the disk may just not be mounted.

            With GROUP/POOL, it creates an LVM thin pool. The pool zeroes new blocks, passes discards to \
            the disks, and fails writes at once when it is full. A disk that is not blank is refused.

            Example:
              cairn pool create scratch
              cairn pool create fast/pool --disk /dev/nvme1n1
              cairn pool create fast/pool --size 500Gi
            """
    )

    @Argument(
        help:
            "A loop tier of the tiers file, or a volume group and its new pool, such as fast/pool."
    )
    var pool: NewPool

    @Option(
        help: """
            The tiers file, for a loop tier. Default: $CAIRN_CONFIG, else \(NodeOptions.defaultConfig).
            """,
        completion: .file()
    )
    var config: String?

    @OptionGroup var state: StateOptions

    @Option(help: "A blank disk for the volume group. May be repeated.", completion: .file())
    var disk: [String] = []

    @Option(help: "The size of the LVM pool. Default: \(PoolPlan.defaultShare)% of the free space.")
    var size: ByteCount?

    @Option(help: "The size of the pool's metadata. Default: LVM's choice for the pool's size.")
    var metadata: ByteCount?

    @OptionGroup var plan: PlanOptions

    func validate() throws {
        guard case .tier(let name) = pool, !disk.isEmpty || size != nil || metadata != nil else {
            return
        }
        throw ValidationError(
            "--disk, --size and --metadata are for GROUP/POOL of LVM, and '\(name)' is the name of a tier"
        )
    }

    func run() async throws {
        switch pool {
        case .tier(let name): try makePool(of: name)
        case .lvm(let path):
            try plan.carryOut(
                PoolPlan.create(
                    PoolPlan.Wish(
                        group: path.group,
                        pool: path.pool,
                        disks: disk,
                        size: size,
                        metadataSize: metadata
                    )
                )
            )
        }
    }

    private func makePool(of name: String) throws(DriverError) {
        let path = config ?? Environment.value(of: "CAIRN_CONFIG") ?? NodeOptions.defaultConfig
        let tiers = try TiersFile(reading: path).tiers
        guard tiers.contains(where: { $0.name == name }) else {
            throw DriverError(
                .invalidRequest,
                "\(path) has no tier '\(name)'; its tiers are: "
                    + tiers.map(\.name).joined(separator: ", ")
            )
        }
        guard let tier = Kinds(of: tiers, on: state.quietHost).inspections()[name] else {
            throw DriverError(.invalidRequest, "nothing is known of the storage of tier '\(name)'")
        }
        Console.write("made \(try tier.makePool())")
    }
}

/// The pool to create: that of a tier, or one of LVM.
enum NewPool: ExpressibleByArgument, Sendable {
    case tier(String)
    case lvm(PoolPath)

    init?(argument: String) {
        guard argument.utf8.contains(UInt8(ascii: "/")) else {
            guard !argument.isEmpty else { return nil }
            self = .tier(argument)
            return
        }
        guard let path = PoolPath(argument: argument) else { return nil }
        self = .lvm(path)
    }
}
