import DriverCore
import FoundationEssentials

/// The volumes and snapshots of one driver that a list of Kubernetes objects names.
///
/// The list is what `kubectl get pv,volumesnapshotcontent -o json` prints. Everything that can make
/// it say less than there is, is refused: what it does not name will be called forgotten.
struct KubernetesObjects {
    /// The handles of the driver's PersistentVolumes.
    private(set) var volumes: Set<String> = []
    /// The handles of its VolumeSnapshotContents.
    private(set) var snapshots: Set<String> = []
    /// The sources of VolumeSnapshotContents whose snapshot is being cut: its handle is not known yet.
    private(set) var sourcesBeingCut: Set<String> = []
    /// Whether the list has any VolumeSnapshotContent, of whatever driver.
    private(set) var hasSnapshotKind = false

    /// Throws `invalidRequest` for what is no whole list of these two kinds.
    init(parsing text: [UInt8], driver: String) throws(DriverError) {
        guard text.contains(where: { $0 > UInt8(ascii: " ") }) else {
            throw Self.refused("it is empty: did kubectl fail?")
        }
        let list: ListText
        do {
            list = try JSONDecoder().decode(ListText.self, from: Data(text))
        } catch {
            throw Self.refused("it is not a JSON list of objects")
        }
        guard ["List", "PersistentVolumeList", "VolumeSnapshotContentList"].contains(list.kind)
        else { throw Self.refused("its kind is '\(list.kind)', not List") }
        guard list.metadata?.continue?.isEmpty ?? true,
            (list.metadata?.remainingItemCount ?? 0) == 0
        else { throw Self.refused("it is only one page of a longer list") }
        guard let items = list.items else { throw Self.refused("it has no items") }
        for item in items { try take(item, in: list.kind, driver) }
    }

    private mutating func take(_ item: Item, in list: String, _ driver: String)
        throws(DriverError)
    {
        // Lists of one kind leave it out in each item.
        switch item.kind ?? String(list.dropLast("List".count)) {
        case "PersistentVolume":
            guard let spec = item.spec else { throw Self.refused("an item has no spec") }
            guard let csi = spec.csi, csi.driver == driver else { return }
            guard let handle = csi.volumeHandle, !handle.isEmpty else {
                throw Self.refused("a PersistentVolume of this driver has no volumeHandle")
            }
            volumes.insert(handle)
        case "VolumeSnapshotContent":
            hasSnapshotKind = true
            guard let spec = item.spec else { throw Self.refused("an item has no spec") }
            guard spec.driver == driver else { return }
            let handles = [item.status?.snapshotHandle, spec.source?.snapshotHandle]
                .compactMap(\.self)
            snapshots.formUnion(handles)
            if handles.isEmpty, let source = spec.source?.volumeHandle {
                sourcesBeingCut.insert(source)
            }
        case let kind: throw Self.refused("it holds an object of the kind '\(kind)'")
        }
    }

    private static func refused(_ reason: String) -> DriverError {
        DriverError(
            .invalidRequest,
            "cannot use the list of objects: \(reason); make it with 'kubectl get "
                + "pv,volumesnapshotcontent -o json'"
        )
    }
}

/// The parts of the objects that matter here.
private struct ListText: Decodable {
    struct Metadata: Decodable {
        let `continue`: String?
        let remainingItemCount: Int64?
    }

    let kind: String
    let metadata: Metadata?
    let items: [Item]?
}

private struct Item: Decodable {
    struct CSI: Decodable {
        let driver: String
        let volumeHandle: String?
    }

    struct Source: Decodable {
        let volumeHandle: String?
        let snapshotHandle: String?
    }

    struct Spec: Decodable {
        /// Of a PersistentVolume.
        let csi: CSI?
        /// Of a VolumeSnapshotContent.
        let driver: String?
        let source: Source?
    }

    struct Status: Decodable {
        let snapshotHandle: String?
    }

    let kind: String?
    let spec: Spec?
    let status: Status?
}
