import ArgumentParser
import CSIMessages
import DriverCore
import Host

/// The command `cairn volume expand`.
struct VolumeExpand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expand",
        abstract: "Grow a volume, and its file system if it is mounted.",
        discussion: """
            If it is not mounted, the file system grows at the next mount. Volumes never shrink: a \
            volume that is already large enough does not change.

            Example:
              cairn volume expand data --size 20Gi
            """
    )

    @Argument(help: "The volume: name or id.")
    var volume: String

    @Option(help: "The new size, such as 20Gi.")
    var size: ByteCount

    @Option(
        help: "Where it is mounted or staged. Default: from the mount table of this host.",
        completion: .directory
    )
    var path: String?

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let grown = try await Session.with(client) { try await grow($0) }
        // Looked at anew: the record has changed.
        let view = VolumeView(grown.volume, on: try LocalNode(config: client.namedConfig))
        try client.output.write(view, text: view.text)
        if grown.isPending, client.output == .table {
            Console.note(
                "volume '\(volume)' is not mounted: its file system grows at the next mount"
            )
        }
    }

    /// The volume, and whether its file system has yet to grow.
    private func grow(_ session: Session) async throws -> (volume: Volume, isPending: Bool) {
        let node = try LocalNode(config: client.namedConfig)
        var found = try await Finder(session: session, node: node).volume(volume)
        let range = CapacityRange(requiredBytes: size.bytes)
        let answer = try await session.perform(
            ControllerExpandVolumeRequest(volumeID: found.volumeID, capacityRange: range),
            to: "expand volume '\(volume)'"
        )
        found.capacityBytes = answer.capacityBytes
        guard answer.nodeExpansionRequired else { return (found, false) }
        guard let path = try path.map(absolutePath) ?? mountedPath(found) else {
            return (found, true)
        }
        _ = try await session.perform(
            NodeExpandVolumeRequest(
                volumeID: found.volumeID,
                volumePath: path,
                capacityRange: range
            ),
            to: "grow the file system of volume '\(volume)' at \(path)"
        )
        return (found, false)
    }

    /// A writable mount: only there can a file system grow.
    private func mountedPath(_ volume: Volume) throws(DriverError) -> String? {
        guard let id = VolumeID(parsing: volume.volumeID) else { return nil }
        let mounts = try LocalNode(config: client.namedConfig).place(of: id)?.mounts ?? []
        return (mounts.first { !$0.isReadOnly } ?? mounts.first)?.target
    }
}
