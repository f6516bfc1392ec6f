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
        if ByteCount(grown.before) > size, client.output == .table {
            Console.note(
                "volume '\(volume)' is already larger than \(size.short): volumes never shrink"
            )
        }
        if grown.isPending, client.output == .table {
            Console.note(
                "volume '\(volume)' is not mounted: its file system grows at the next mount"
            )
        }
    }

    private struct Grown {
        var volume: Volume
        /// Its size in bytes before.
        let before: Int64
        /// Whether its file system has yet to grow.
        var isPending = false
    }

    private func grow(_ session: Session) async throws -> Grown {
        let node = try LocalNode(config: client.namedConfig)
        let what = "expand volume '\(volume)'"
        let found = try await Finder(session: session, node: node, purpose: what).volume(volume)
        var grown = Grown(volume: found, before: found.capacityBytes)
        let range = CapacityRange(requiredBytes: size.bytes)
        let answer = try await session.perform(
            ControllerExpandVolumeRequest(volumeID: found.volumeID, capacityRange: range),
            to: what
        )
        grown.volume.capacityBytes = answer.capacityBytes
        guard answer.nodeExpansionRequired else { return grown }
        guard let path = try path.map(absolutePath) ?? mountedPath(found) else {
            grown.isPending = true
            return grown
        }
        _ = try await session.perform(
            NodeExpandVolumeRequest(
                volumeID: found.volumeID,
                volumePath: path,
                capacityRange: range
            ),
            to: "grow the file system of volume '\(volume)' at \(path)"
        )
        return grown
    }

    /// A writable mount: only there can a file system grow.
    private func mountedPath(_ volume: Volume) throws(DriverError) -> String? {
        guard let id = VolumeID(parsing: volume.volumeID) else { return nil }
        let mounts = try LocalNode(config: client.namedConfig).place(of: id)?.mounts ?? []
        return (mounts.first { !$0.isReadOnly } ?? mounts.first)?.target
    }
}
