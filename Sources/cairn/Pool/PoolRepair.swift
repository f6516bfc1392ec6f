import ArgumentParser
import BackendLVM

/// The command `cairn pool repair`.
struct PoolRepair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Rebuild the metadata of a failed thin pool.",
        discussion: """
            For a pool that is read-only or needs a check. Unmount all its volumes first. LVM keeps \
            the old metadata in another volume, such as fast/pool_meta0.

            Example:
              cairn pool repair fast/pool
            """
    )

    @Argument(help: "The volume group and the pool, such as fast/pool.")
    var pool: PoolPath

    @OptionGroup var plan: PlanOptions

    func run() async throws {
        try plan.carryOut(PoolPlan.repair(group: pool.group, pool: pool.pool))
    }
}
