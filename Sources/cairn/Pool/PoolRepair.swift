import ArgumentParser
import BackendLVM

/// The command `cairn pool repair`.
struct PoolRepair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Rebuild the metadata of a thin pool that has failed.",
        discussion: """
            For a pool that is read-only or asks for a check. Every volume of it has to be \
            unmounted. LVM keeps the old metadata beside it, as fast/pool_meta0.

            Example:
              cairn pool repair fast/pool
            """
    )

    @Argument(help: "The volume group and the pool, as fast/pool.")
    var pool: PoolPath

    @OptionGroup var plan: PlanOptions

    func run() async throws {
        try plan.carryOut(PoolPlan.repair(group: pool.group, pool: pool.pool))
    }
}
