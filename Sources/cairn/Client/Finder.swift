import CSIMessages
import CSIServices
import DriverCore
import GRPCRuntime

/// Finds what a person calls a volume or a snapshot: by its name, or by its id.
///
/// CSI knows ids only. Cairn computes them from node and name, so a name finds its volume without
/// a list; with any other driver only ids do.
struct Finder {
    let session: Session

    func volume(_ text: String) async throws -> Volume {
        for id in try await candidates(text, ours: { $0.volumeID(forName: text).text }) {
            if let volume = try await lookUp(volume: id) { return volume }
        }
        throw missing("volume", text)
    }

    func snapshot(_ text: String) async throws -> Snapshot {
        for id in try await candidates(text, ours: { $0.snapshotID(forName: text).text }) {
            if let snapshot = try await lookUp(snapshot: id) { return snapshot }
        }
        throw missing("snapshot", text)
    }

    /// An id is taken as it is; a name may be one of ours, or another driver's id.
    private func candidates(_ text: String, ours: (NodeIdentity) -> String) async throws
        -> [String]
    {
        let isID = VolumeID(parsing: text) != nil || SnapshotID(parsing: text) != nil
        guard !isID, let identity = try await session.identity() else { return [text] }
        return [ours(identity), text]
    }

    private func missing(_ kind: String, _ text: String) -> CommandFailure {
        CommandFailure(
            .notFound,
            "\(kind) '\(text)' does not exist: 'cairn \(kind) list' shows those that do"
        )
    }

    /// Drivers need not offer ControllerGetVolume; the list is asked then.
    private func lookUp(volume id: String) async throws -> Volume? {
        do throws(RPCFailure) {
            return try await session.readOrCode(ControllerGetVolumeRequest(volumeID: id)).volume
        } catch {
            switch error.code {
            case .notFound, .invalidArgument: return nil
            case .unimplemented: break
            default: throw CommandFailure(error, during: "look for volume \(id)")
            }
        }
        return try await session.allVolumes().first { $0.volumeID == id }
    }

    private func lookUp(snapshot id: String) async throws -> Snapshot? {
        let answer = try await session.read(
            ListSnapshotsRequest(snapshotID: id),
            to: "look for snapshot \(id)"
        )
        return answer.entries.compactMap(\.snapshot).first { $0.snapshotID == id }
    }
}

extension Session {
    /// All pages of ListVolumes.
    func allVolumes() async throws -> [Volume] {
        var volumes: [Volume] = []
        var token = ""
        repeat {
            let page = try await read(
                ListVolumesRequest(startingToken: token),
                to: "list volumes"
            )
            volumes += page.entries.compactMap(\.volume)
            token = page.nextToken
        } while !token.isEmpty
        return volumes
    }

    /// All pages of ListSnapshots; of one volume where it is given.
    func allSnapshots(of volumeID: String) async throws -> [Snapshot] {
        var snapshots: [Snapshot] = []
        var token = ""
        repeat {
            let page = try await read(
                ListSnapshotsRequest(startingToken: token, sourceVolumeID: volumeID),
                to: "list snapshots"
            )
            snapshots += page.entries.compactMap(\.snapshot)
            token = page.nextToken
        } while !token.isEmpty
        return snapshots
    }
}
