import ArgumentParser
import DriverCore

/// What is measured, and how much of it.
struct BenchOptions: ParsableArguments {
    @Option(help: "Volumes to create.")
    var volumes: Int = 100

    @Option(help: "The size of each: 64Mi, 1Gi.")
    var volumeSize: String = "64Mi"

    @Option(help: "The file system of the volumes. Default: the driver's.")
    var filesystem: String = ""

    @Option(help: "Calls of each operation that changes nothing.")
    var calls: Int = 2000

    @Option(help: "Volumes of them to mount.")
    var mounts: Int = 20

    @Option(help: "How often each mounted volume is published and unpublished.")
    var cycles: Int = 10

    @Option(help: "Entries on a page of ListVolumes.")
    var pageSize: Int32 = 1000

    @Option(help: "How often all volumes are listed.")
    var listings: Int = 10

    @Option(
        help: ArgumentHelp(
            "A segment of the topology where the volumes must be; may be repeated.",
            valueName: "key=value"
        )
    )
    var topology: [String] = []

    @Option(help: "Turns that each operation is cut into, the drivers alternating.")
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
            throw ValidationError("--volume-size '\(volumeSize)' is not a size like 64Mi")
        }
        guard volumes > 0, calls > 0, rounds > 0, pageSize > 0, mounts >= 0, cycles >= 0,
            listings >= 0
        else {
            throw ValidationError("the counts must be positive")
        }
    }
}

/// How one driver is reached and what its volumes need.
struct BenchEndpoint {
    let endpoint: String
    let parameters: [String: String]
    let folder: String?
}
