import ArgumentParser
import BackendLVM
import DriverCore

/// The command `cairn pool create`.
struct PoolCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a thin pool, and its volume group where there is none.",
        discussion: """
            The pool zeroes what it gives, passes discards on, and fails writes at once where it is \
            full. A disk that holds anything is refused.

            Example:
              cairn pool create fast/pool --disk /dev/nvme1n1
              cairn pool create fast/pool --size 500Gi
            """
    )

    @Argument(help: "The volume group and the new pool, as fast/pool.")
    var pool: PoolPath

    @Option(help: "A blank disk for the group; may be given several times.", completion: .file())
    var disk: [String] = []

    @Option(help: "The pool's size. Default: nine tenths of what is free.")
    var size: ByteCount?

    @Option(help: "The size of its metadata. Default: what LVM takes for the pool's size.")
    var metadata: ByteCount?

    @OptionGroup var plan: PlanOptions

    func run() async throws {
        try plan.carryOut(
            PoolPlan.create(
                PoolPlan.Wish(
                    group: pool.group,
                    pool: pool.pool,
                    disks: disk,
                    size: size,
                    metadataSize: metadata
                )
            )
        )
    }
}
