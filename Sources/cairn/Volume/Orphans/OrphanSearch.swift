import CSIClient
import CSIMessages
import DriverCore
import Host

/// Compares what Kubernetes names with what the driver has.
struct OrphanSearch {
    let session: Session
    /// What the caller says about a list that names nothing of the driver.
    let trustsList: Bool
    /// The same of one without a VolumeSnapshotContent.
    let judgesSnapshots: Bool

    struct Findings: Encodable {
        var orphans: [Orphan] = []
        let volumes: Int
        let snapshots: Int
        /// Whether the list says anything of snapshots.
        let areSnapshotsJudged: Bool
    }

    /// All that no object names, oldest first.
    ///
    /// Throws where one of the two lists may lack something: a list of the driver is whole or an error.
    func run(_ text: [UInt8]) async throws -> Findings {
        let objects = try KubernetesObjects(parsing: text, driver: session.plugin.name)
        let volumes = try await session.allDescriptions()
        let snapshots = try await session.allSnapshots(of: "")
        try check(objects, against: volumes)
        var findings = Findings(
            volumes: volumes.count,
            snapshots: snapshots.count,
            areSnapshotsJudged: judgesSnapshots || objects.hasSnapshotKind
        )
        let time = WallClock.now()
        findings.orphans = volumes.filter { !objects.volumes.contains($0.volumeID) }
            .map { Orphan($0, at: time) }
        if findings.areSnapshotsJudged {
            findings.orphans += snapshots.filter { isForgotten($0, objects) }
                .map { Orphan($0, at: time) }
        }
        findings.orphans.sort { ($0.created ?? "", $0.id) < ($1.created ?? "", $1.id) }
        return findings
    }

    /// One that is being cut has no handle in its object yet, and the volume tells that it is.
    private func isForgotten(_ snapshot: Snapshot, _ objects: KubernetesObjects) -> Bool {
        !objects.snapshots.contains(snapshot.snapshotID)
            && !objects.sourcesBeingCut.contains(snapshot.sourceVolumeID)
    }

    /// A list that names none of many volumes is more likely that of another cluster.
    private func check(_ objects: KubernetesObjects, against volumes: [VolumeDescription]) throws {
        guard !trustsList, !volumes.isEmpty else { return }
        guard !volumes.contains(where: { objects.volumes.contains($0.volumeID) }) else { return }
        throw CommandFailure(
            .usage,
            "the list names none of the \(volumes.count) volumes of \(session.plugin.name) at "
                + "\(session.options.endpoint): check that it holds the PersistentVolumes of this "
                + "cluster; if Kubernetes has forgotten all of them, add --trust-list"
        )
    }
}

extension Session {
    /// All volumes of the driver as their records have them; inline ones are left out.
    func allDescriptions() async throws -> [VolumeDescription] {
        try await DescribeVolumesRequest()
            .all { try await read($0, to: "list the volumes of every node") }
    }
}
