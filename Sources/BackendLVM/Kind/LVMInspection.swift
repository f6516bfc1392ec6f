import Backend
import DriverCore
import Host
import Naming

/// A tier of LVM, looked at beside a running driver.
struct LVMInspection: TierInspection {
    let backend: LVMBackend

    /// Far longer than disks take that answer.
    private static let patience = Duration.seconds(10)

    func findings() async -> [Finding] {
        // On a thread that may be lost: no signal ends a read from a disk that hangs.
        let thread = BlockingPool(threads: 1)
        let pending = try? thread.begin { [backend] () throws(DriverError) in
            GroupSurvey(of: backend)
        }
        guard let survey = try? pending?.value(by: .now + Self.patience) else {
            return [unanswered]
        }
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

    private var unanswered: Finding {
        .problem(
            "volume group",
            "one of its disks has not answered for \(Self.patience.components.seconds) s",
            "see the node's kernel log; bring the disk back, or replace it. Doctor itself "
                + "ends when the disk answers"
        )
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
