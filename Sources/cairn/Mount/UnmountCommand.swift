import ArgumentParser
import CSIMessages
import DriverCore
import Host

/// The command `cairn unmount`.
struct UnmountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmount",
        abstract: "Unmount a volume: unpublish it, and unstage it after its last target.",
        discussion: """
            The mount table of this host says which volume is mounted there and where it is staged. \
            Name the volume after a restart of the host, or with a CSI driver other than Cairn. The \
            command then also succeeds if nothing is mounted.

            Example:
              cairn unmount /mnt/data
              cairn unmount /mnt/data --volume data
            """
    )

    @Argument(help: "Where the volume is mounted.", completion: .directory)
    var target: String

    @Option(help: "The volume: name or id. Default: the one mounted at the target.")
    var volume: String?

    @Option(help: "Where it is staged. Default: from the mount table, else next to the target.")
    var staging: String?

    @OptionGroup var client: ClientOptions

    private struct Unmounted: Encodable {
        let volume: String
        let target: String
        /// The targets that are left; it stays staged for them.
        let others: [String]
    }

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let unmounted = try await Session.with(client) { try await unmount($0, node) }
        let left = unmounted.others.joined(separator: ", ")
        try client.output.write(
            unmounted,
            text: "unmounted \(unmounted.target)"
                + (left.isEmpty ? "" : "; the volume is still mounted at \(left)")
        )
    }

    private func unmount(_ session: Session, _ node: LocalNode) async throws -> Unmounted {
        let path = absolutePath(target)
        let derived = LocalPlace.stagingPath(for: path)
        let id = try await volumeID(at: path, staged: derived, session, node)
        let place = VolumeID(parsing: id).flatMap {
            node.place(of: $0, mountedAt: [path, derived])
        }
        let others = (place?.targets ?? []).filter {
            !$0.hasSameBytes(as: path) && !$0.hasSameBytes(as: node.resolved(path))
        }
        _ = try await session.perform(
            NodeUnpublishVolumeRequest(volumeID: id, targetPath: path),
            to: "unmount \(path)"
        )
        if others.isEmpty {
            let staged = staging.map(absolutePath) ?? place?.staging ?? derived
            _ = try await session.perform(
                NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: staged),
                to: "unstage volume \(id) from \(staged)"
            )
            try removeStagingFolder(staged)
        }
        return Unmounted(volume: id, target: path, others: others)
    }

    private func volumeID(
        at path: String,
        staged: String,
        _ session: Session,
        _ node: LocalNode
    ) async throws -> String {
        if let volume {
            return try await Finder(session: session, node: node).volume(volume).volumeID
        }
        if let place = node.place(at: path) ?? node.place(at: staged) { return place.volume.text }
        throw CommandFailure(
            .notFound,
            "no volume is mounted at \(path): see 'cairn volume list' for the mount points; if the "
                + "driver still has it there, name the volume with --volume"
        )
    }
}

/// Removes the empty directory that `cairn mount` has made, never kubelet's.
func removeStagingFolder(_ path: String) throws(DriverError) {
    guard path.hasByteSuffix(LocalPlace.stagingSuffix) else { return }
    try TargetPath(path, kubeletRoot: "/").removeDirectory()
}
