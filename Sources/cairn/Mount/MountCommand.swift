import ArgumentParser
import Backend
import CSIMessages
import DriverCore

/// The command `cairn mount`.
struct MountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Mount a volume on this node: stage and publish it.",
        discussion: """
            The target is created if it does not exist; its parent directory must exist. The driver \
            mounts only under its --kubelet-dir. A volume is staged once per node, next to its first \
            target as .NAME\(LocalPlace.stagingSuffix), or where --staging says. The first mount of a \
            new volume formats it; no later mount does.

            Example:
              cairn mount data /mnt/data
              cairn mount data /mnt/view --read-only
              cairn mount disk /mnt/disk --block
            """
    )

    @Argument(help: "The volume: name or id.")
    var volume: String

    @Argument(help: "Where to mount it.", completion: .directory)
    var target: String

    @Option(help: "Where to stage it. Default: next to the target.", completion: .directory)
    var staging: String?

    @Flag(help: "Mount it read-only.")
    var readOnly = false

    @Flag(help: "Publish it as a raw block device. Detected automatically on the driver's node.")
    var block = false

    @Flag(help: "Allow several targets. Each mount of the volume must say so.")
    var shared = false

    @Option(
        name: .customLong("mount-flag"),
        help: "One option of mount(8), such as noatime. May be repeated."
    )
    var mountFlags: [String] = []

    @OptionGroup var client: ClientOptions

    private struct Mounted: Encodable {
        let volume: String
        let target: String
        let staging: String
        let isReadOnly: Bool
        let isBlock: Bool
    }

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig)
        let mounted = try await Session.with(client) { try await mount($0, node) }
        try client.output.write(
            mounted,
            text: "volume '\(volume)' is \(mounted.isBlock ? "published" : "mounted") at "
                + "\(mounted.target)\(mounted.isReadOnly ? ", read-only" : "")"
        )
    }

    private func mount(_ session: Session, _ node: LocalNode) async throws -> Mounted {
        let id = try await Finder(session: session, node: node).volume(volume).volumeID
        let ours = VolumeID(parsing: id)
        let derived = LocalPlace.stagingPath(for: absolutePath(target))
        let place = ours.flatMap {
            node.place(of: $0, mountedAt: [absolutePath(target), derived])
        }
        let record = ours.flatMap(node.record)
        let mounted = Mounted(
            volume: id,
            target: absolutePath(target),
            staging: staging.map(absolutePath) ?? place?.staging
                ?? derived,
            isReadOnly: readOnly,
            isBlock: block || record?.capabilities.allSatisfy(\.isBlock) ?? false
        )
        let access = VolumeCapability(
            isBlock: mounted.isBlock,
            mountFlags: mountFlags,
            mode: shared ? .singleNodeMultiWriter : .singleNodeWriter
        )
        let staged = NodeStageVolumeRequest(
            volumeID: id,
            stagingTargetPath: mounted.staging,
            volumeCapability: access
        )
        _ = try await session.perform(staged, to: "stage volume '\(volume)' at \(mounted.staging)")
        do {
            try await publish(mounted, access, session)
        } catch {
            // What was in use before stays; what this command has staged alone goes.
            if place == nil { await unstage(mounted, session) }
            throw error
        }
        return mounted
    }

    private func publish(_ mounted: Mounted, _ access: VolumeCapability, _ session: Session)
        async throws
    {
        _ = try await session.perform(
            NodePublishVolumeRequest(
                volumeID: mounted.volume,
                stagingTargetPath: mounted.staging,
                targetPath: mounted.target,
                volumeCapability: access,
                readonly: mounted.isReadOnly
            ),
            to: "mount volume '\(volume)' at \(mounted.target)"
        )
    }

    /// Best effort: the failure that led here is the one to report.
    private func unstage(_ mounted: Mounted, _ session: Session) async {
        let request = NodeUnstageVolumeRequest(
            volumeID: mounted.volume,
            stagingTargetPath: mounted.staging
        )
        _ = try? await session.perform(request, to: "unstage volume '\(volume)'")
        try? removeStagingFolder(mounted.staging)
    }
}
