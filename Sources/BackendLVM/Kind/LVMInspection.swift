import Backend
import DriverCore
import Host
import Naming

/// A tier of LVM, looked at beside a running driver.
struct LVMInspection: TierInspection {
    let backend: LVMBackend

    func findings() -> [Finding] {
        let survey = GroupSurvey(of: backend)
        let name = Environment.value(of: "NODE_ID") ?? Environment.hostName()
        return survey.findings + Self.strangers(survey.nodes, beside: name)
    }

    /// The check for objects with the id of a node other than this one.
    private static func strangers(_ nodes: [String: Int], beside name: String) -> [Finding] {
        let own = String(SHA256.hex(of: name).prefix(16))
        return nodes.filter { $0.key != own }.sorted { $0.key < $1.key }.map { node, count in
            .note(
                "objects of another node",
                "volumes and snapshots with ids of another node (\(node)) than '\(name)' (\(own)): \(count)",
                "this is right if the driver has that node's id (--node-id); otherwise the node was "
                    + "renamed, or the disks are from another node: start the driver with the old id"
            )
        }
    }

    func overview(available: ByteCount?) -> TierOverview {
        var overview =
            switch backend.provisioning {
            case .thick: TierOverview(provisioning: "thick")
            case .thin(let options):
                TierOverview(provisioning: "thin", overcommit: options.overcommit)
            }
        overview.total = backend.total()
        if overview.total == nil { overview.state = .unavailable }
        return overview
    }

    func volume(_ id: VolumeID) -> VolumeRecord? { (try? backend.volume(id)) ?? nil }

    func snapshot(_ id: SnapshotID) -> SnapshotRecord? { (try? backend.snapshot(id)) ?? nil }

    func volumes() -> [VolumeRecord] { (try? backend.readableVolumes()) ?? [] }

    func devices(of id: VolumeID) -> [AttachedDevice] {
        ((try? backend.attachment(of: id)) ?? nil).map { [$0] } ?? []
    }

    func attachedVolumes() -> [VolumeID] { volumes().map(\.id) }

    func makePool() throws(DriverError) -> String {
        throw DriverError(
            .invalidRequest,
            "tier '\(backend.tier)' is one of LVM: name its group and pool, as fast/pool"
        )
    }
}
