import CSIMessages

/// The measurements in their order; each uses what the ones before it made.
struct BenchPlan: Sendable {
    /// Volumes to create.
    let volumes: Int
    /// Calls of each operation that changes nothing.
    let calls: Int
    /// Volumes of them that are mounted; zero leaves the mount cycle out.
    let mounts: Int
    /// How often each is published and unpublished.
    let cycles: Int
    let pageSize: Int32
    /// Whole listings; each may have many pages.
    var listings = 10
    /// Whether every driver answers ControllerGetVolume.
    var looks = false

    /// Callers of the cheap calls.
    static let callers = [1, 16]

    func cheap() -> [Measurement] {
        Self.callers.flatMap { callers in
            [
                Measurement(operation: "Probe", callers: callers, calls: calls) { driver, _ in
                    try await driver.call(ProbeRequest())
                },
                Measurement(operation: "GetPluginInfo", callers: callers, calls: calls) {
                    driver,
                    _ in
                    try await driver.call(GetPluginInfoRequest())
                },
                Measurement(
                    operation: "ControllerGetCapabilities",
                    callers: callers,
                    calls: calls
                ) { driver, _ in try await driver.call(ControllerGetCapabilitiesRequest()) },
            ]
        }
    }

    var create: Measurement {
        Measurement(operation: "CreateVolume", calls: volumes) { try await $0.create($1) }
    }

    func withVolumes() -> [Measurement] {
        let replayed = Measurement(operation: "CreateVolume, replayed", calls: volumes) {
            try await $0.create($1)
        }
        let look = Measurement(operation: "ControllerGetVolume", calls: calls) {
            try await $0.getVolume($1 % volumes)
        }
        let list = Measurement(operation: "ListVolumes, all pages", calls: listings) { driver, _ in
            try await driver.list(pageSize: pageSize, atLeast: volumes)
        }
        let capacity = Self.callers.map { callers in
            Measurement(operation: "GetCapacity", callers: callers, calls: calls) { driver, _ in
                try await driver.capacity()
            }
        }
        return [replayed] + (looks ? [look] : []) + [list] + capacity
    }

    /// Stages, publishes and unpublishes every volume, and stages it again.
    func mounting() -> [Measurement] {
        guard mounts > 0 else { return [] }
        let publishing = [
            Measurement(operation: "NodePublishVolume", calls: mounts) { try await $0.publish($1) },
            Measurement(operation: "NodeGetVolumeStats", calls: mounts * Self.statistics) {
                try await $0.stats($1 % mounts)
            },
            Measurement(operation: "NodeUnpublishVolume", calls: mounts) {
                try await $0.unpublish($1)
            },
        ]
        let unstage = Measurement(operation: "NodeUnstageVolume", calls: mounts) {
            try await $0.unstage($1)
        }
        return [stage("NodeStageVolume, first")]
            + (0..<cycles).flatMap { _ in publishing }
            + [unstage, stage("NodeStageVolume, later"), unstage]
    }

    /// Reads the statistics of a volume while it is published.
    private static let statistics = 5

    private func stage(_ operation: String) -> Measurement {
        Measurement(operation: operation, calls: mounts) { try await $0.stage($1) }
    }

    var delete: Measurement {
        Measurement(operation: "DeleteVolume", calls: volumes) { try await $0.delete($1) }
    }

    /// The hundred creates that lead to each power of ten from 100 on, where there are more.
    ///
    /// They tell whether a create costs more the more volumes there are.
    static func windows(of volumes: Int) -> [(name: String, calls: Range<Int>)] {
        guard volumes > 100 else { return [] }
        return sequence(first: 100) { $0 * 10 }.prefix { $0 <= volumes }.map { count in
            ("CreateVolume, \(count - 99) to \(count)", count - 100..<count)
        }
    }
}
