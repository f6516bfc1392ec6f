import Backend
import CSIClient
import CSIMessages
import CSIServices
import DriverCore
import GRPCRuntime
import Naming
import NodeStorage

/// Finds what a person calls a volume or a snapshot: by its name, or by its id.
///
/// CSI knows ids only. Cairn computes them from node and name, so a name finds its volume without
/// a list, on each node of a cluster; with any other driver only ids do. What was made under another node id is found by the
/// name in its record.
struct Finder {
    let session: Session
    let node: LocalNode
    /// What the object is looked for, as in "delete volume 'data'"; nil where it is only shown.
    var purpose: String?

    func volume(_ text: String) async throws -> Volume {
        let ids = try await candidates(text) { $0.volumeID(forName: text).text }
        let found = try await all(ids) { try await lookUp(volume: $0, asked: text) }
        if let volume = try only(found, "volume", text) { return volume }
        let named = node.records().filter { $0.name.hasSameBytes(as: text) }.map(\.id)
        guard let id = try only(named, "volume", text)?.text else { throw missing("volume", text) }
        if let volume = try await lookUp(volume: id, asked: id) { return volume }
        throw missing("volume", text)
    }

    /// The id of a volume to delete.
    func deletedVolume(_ text: String) async throws -> String {
        try await deleted(text, isID: VolumeID(parsing: text) != nil) {
            try await volume(text).volumeID
        }
    }

    /// The id of a snapshot to delete.
    func deletedSnapshot(_ text: String) async throws -> String {
        try await deleted(text, isID: SnapshotID(parsing: text) != nil) {
            try await snapshot(text).snapshotID
        }
    }

    /// An id whose node does not answer is taken as it is: the driver decides, since the node may be
    /// declared lost.
    private func deleted(_ text: String, isID: Bool, _ find: () async throws -> String) async throws
        -> String
    {
        do {
            return try await find()
        } catch let failure as CommandFailure where isID && failure.status == .unavailable {
            return text
        }
    }

    func snapshot(_ text: String) async throws -> Snapshot {
        let ids = try await candidates(text) { $0.snapshotID(forName: text).text }
        let found = try await all(ids) { try await lookUp(snapshot: $0, asked: text) }
        if let snapshot = try only(found, "snapshot", text) { return snapshot }
        let named = try await session.allSnapshots(of: "").filter { snapshot in
            let record = SnapshotID(parsing: snapshot.snapshotID).flatMap(node.record)
            return record?.name.hasSameBytes(as: text) ?? false
        }
        guard let snapshot = try only(named, "snapshot", text) else {
            throw missing("snapshot", text)
        }
        return snapshot
    }

    /// The objects with one name on several nodes; a silent node is an error only where no other
    /// has the name.
    private func all<Object>(_ ids: [String], _ look: (String) async throws -> Object?) async throws
        -> [Object]
    {
        var found: [Object] = []
        var away: CommandFailure?
        for id in ids {
            do {
                if let object = try await look(id) { found.append(object) }
            } catch let failure as CommandFailure where failure.status == .unavailable {
                away = away ?? failure
            }
        }
        if found.isEmpty, let away { throw away }
        return found
    }

    /// A name is one object's on its node; objects of several node ids may share one.
    private func only<Object>(_ objects: [Object], _ kind: String, _ text: String) throws
        -> Object?
    {
        guard objects.count < 2 else {
            throw CommandFailure(
                .conflict,
                "\(objects.count) \(kind)s have the name '\(text)': use the id that 'cairn \(kind) "
                    + "list' shows"
            )
        }
        return objects.first
    }

    /// An id is taken as it is; a name may be one of ours, or another driver's id.
    private func candidates(_ text: String, _ ours: (NodeIdentity) -> String) async throws
        -> [String]
    {
        let isID = VolumeID(parsing: text) != nil || SnapshotID(parsing: text) != nil
        guard !isID else { return [text] }
        return try await session.identities().map(ours) + [text]
    }

    private func missing(_ kind: String, _ text: String) -> CommandFailure {
        CommandFailure(
            .notFound,
            "\(kind) '\(text)' does not exist: list those that exist with 'cairn \(kind) list'"
        )
    }

    /// Finds a volume by its id.
    ///
    /// Drivers need not serve ControllerGetVolume: then the list is read. If there is no list
    /// either, the text is used as an id, and the call itself checks it.
    private func lookUp(volume id: String, asked: String) async throws -> Volume? {
        do throws(RPCFailure) {
            return try await session.readOrCode(ControllerGetVolumeRequest(volumeID: id)).volume
        } catch {
            switch error.code {
            case .notFound, .invalidArgument: return nil
            case .unimplemented: break
            default: throw CommandFailure(error, during: purpose ?? "find volume '\(asked)'")
            }
        }
        guard try await offers(ListVolumesRequest(maxEntries: 1)) else {
            return id == asked ? Volume(volumeID: id) : nil
        }
        return try await session.allVolumes().first { $0.volumeID == id }
    }

    private func lookUp(snapshot id: String, asked: String) async throws -> Snapshot? {
        let request = ListSnapshotsRequest(snapshotID: id)
        guard try await offers(request) else {
            return id == asked ? Snapshot(snapshotID: id) : nil
        }
        let answer = try await session.read(request, to: purpose ?? "find snapshot '\(asked)'")
        return answer.entries.compactMap(\.snapshot).first { $0.snapshotID == id }
    }

    /// Whether the driver serves the call; other failures are reported by the call that follows.
    private func offers(_ request: some CSIRequest) async throws -> Bool {
        do throws(RPCFailure) {
            _ = try await session.readOrCode(request)
            return true
        } catch {
            return error.code != .unimplemented
        }
    }
}

extension Session {
    /// All pages of ListVolumes.
    func allVolumes() async throws -> [Volume] {
        try await ListVolumesRequest().all { try await read($0, to: "list volumes") }
    }

    /// All pages of ListSnapshots; of one volume where it is given.
    func allSnapshots(of volumeID: String) async throws -> [Snapshot] {
        try await ListSnapshotsRequest(sourceVolumeID: volumeID)
            .all { try await read($0, to: "list snapshots") }
    }
}
