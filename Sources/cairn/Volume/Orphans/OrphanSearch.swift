import CSIClient
import CSIMessages
import DriverCore
import Host

/// Compares the objects of Kubernetes with those of the driver.
struct OrphanSearch {
    let session: Session
    /// Whether to accept a list that names no volume of the driver (`--trust-list`).
    let trustsList: Bool
    /// Whether to compare snapshots with a list that has no VolumeSnapshotContent (`--snapshots`).
    let judgesSnapshots: Bool

    struct Findings: Encodable {
        var orphans: [Orphan] = []
        let volumes: Int
        let snapshots: Int
        /// Whether snapshots are compared.
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

    /// Whether no object names the snapshot.
    ///
    /// The object of a snapshot that is being taken has no handle yet, so it may mean any snapshot
    /// of its volume.
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
