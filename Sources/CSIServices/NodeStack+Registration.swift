internal import Backend
package import CSIMessages
internal import DriverCore
internal import Host
internal import Naming
internal import NodeStorage

extension NodeStack {
    /// The registration of the node with its controllers.
    ///
    /// A tier has no room while it cannot be used, or the node has all the volumes that it may have.
    package func registration(kinds: [String: String]) async -> RegisterRequest {
        let start = ContinuousClock.now
        let tiers = await reportedTiers(kinds)
        let survey = (ContinuousClock.now - start).components
        let time = WallClock.now()
        return RegisterRequest(
            nodeID: identity.nodeID,
            driverName: identity.driverName,
            version: identity.version,
            segments: identity.segments,
            tiers: tiers,
            clockUnixNanoseconds: time.unixNanoseconds,
            // Rounded up: a volume that was made in between is not counted.
            surveyMilliseconds: survey.seconds * 1000 + survey.attoseconds / 1_000_000_000_000_000
                + 1,
            createPermit: controller.nameClaims.permits.issue()
        )
    }

    /// The tiers for a registration; those that do not answer have no room.
    private func reportedTiers(_ kinds: [String: String]) async -> [NodeTier] {
        let admission = node.admission
        let reports = try? await operations.read { [tiers] in
            (tiers.reports(), isFull: admission.isFull(tiers))
        }
        guard let reports else {
            return tiers.names.map { name in
                NodeTier(
                    name: name,
                    backend: kinds[name] ?? "",
                    isDefault: name == tiers.defaultTier
                )
            }
        }
        return reports.0.map { NodeTier($0, kind: kinds[$0.name] ?? "", isFull: reports.isFull) }
    }
}

extension NodeTier {
    fileprivate init(_ report: TierReport, kind: String, isFull: Bool) {
        let isUsable = report.health.isUp && report.capacity != nil && !isFull
        self.init(
            name: report.name,
            backend: kind,
            isDefault: report.isDefault,
            isAvailable: isUsable,
            totalBytes: report.capacity?.total.bytes ?? 0,
            availableBytes: isUsable ? report.capacity?.available.bytes ?? 0 : 0,
            maximumVolumeBytes: isUsable ? report.capacity?.maximumVolumeSize.bytes ?? 0 : 0,
            volumeCount: Int64(report.volumes ?? 0),
            snapshotCount: Int64(report.snapshots ?? 0),
            problems: report.health.problems.map { problem in
                NodeProblem(
                    kind: problem.kind?.rawValue ?? "",
                    message: problem.message,
                    subject: problem.subject
                )
            },
            defaultFilesystem: report.defaultFilesystem.rawValue,
            sizeUnitBytes: report.sizeUnit.bytes,
            minimumVolumeBytes: report.smallest.bytes
        )
    }
}
