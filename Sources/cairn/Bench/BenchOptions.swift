import ArgumentParser
import DriverCore

/// What to measure, and how much of it.
struct BenchOptions: ParsableArguments {
    @Option(help: "How many volumes to create.")
    var volumes: Int = 100

    @Option(help: "The size of each volume, such as 64Mi or 1Gi.")
    var volumeSize: String = "64Mi"

    @Option(help: "The file system of the volumes. Default: that of the driver.")
    var filesystem: String = ""

    @Option(help: "How many calls to make of each operation that changes nothing.")
    var calls: Int = 2000

    @Option(help: "How many of the volumes to mount.")
    var mounts: Int = 20

    @Option(help: "How often to publish and unpublish each mounted volume.")
    var cycles: Int = 10

    @Option(help: "How many volumes to ask for in one page of ListVolumes.")
    var pageSize: Int32 = 1000

    @Option(help: "How often to list all volumes.")
    var listings: Int = 10

    @Option(
        help: ArgumentHelp(
            "A topology segment that the volumes must be in. May be repeated.",
            valueName: "key=value"
        )
    )
    var topology: [String] = []

    @Option(help: "How many parts to split each operation into; the drivers take turns.")
    var rounds: Int = 10

    /// Read after `validate()` saw that it is one.
    var size: ByteCount { ByteCount(parsing: volumeSize) ?? .zero }

    func plan(mounting: Bool) -> BenchPlan {
        BenchPlan(
            volumes: volumes,
            calls: calls,
            mounts: mounting ? min(mounts, volumes) : 0,
            cycles: cycles,
            pageSize: pageSize,
            listings: listings
        )
    }

    func segments() throws -> [String: String] {
        try KeyValues.validated(topology, of: "--topology")
    }

    func validate() throws {
        guard size > .zero else {
            throw ValidationError("--volume-size '\(volumeSize)' is not a size: write it like 64Mi")
        }
        guard volumes > 0, calls > 0, rounds > 0, pageSize > 0, mounts >= 0, cycles >= 0,
            listings >= 0
        else {
            throw ValidationError("a count is zero or negative: give at least 1")
        }
    }
}

/// How one driver is reached and what its volumes need.
struct BenchEndpoint {
    let endpoint: String
    let parameters: [String: String]
    let folder: String?
}
