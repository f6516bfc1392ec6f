internal import DiskFormat
package import DriverCore
internal import Host
internal import Synchronization

/// The usage of every volume of this node, kept in memory and in one small file per volume.
///
/// The files live where a reboot clears them, as it clears the mounts (`/run/cairn`); so they
/// survive a restart of the driver. They are a note beside the truth, which is the
/// mount table: an entry without its mount counts for nothing, and a lost file only means that the
/// next call adopts what the mount table shows.
package final class VolumeUsageBook: Sendable {
    private let path: String
    private let usages: Mutex<[VolumeID: VolumeUsage]>

    /// Opens the folder, which is made if its parent exists; a file that cannot be read is dropped.
    package init(folder path: String) throws(DriverError) {
        self.path = path
        let folder = try Self.openOrMake(path)
        var usages: [VolumeID: VolumeUsage] = [:]
        for name in try folder.names() {
            guard let id = Self.id(fromFileName: name),
                let bytes = try folder.file(name, for: .reading)?.contents(limit: Self.fileLimit),
                let usage = try? DiskFormat.decode(VolumeUsageFile.self, from: bytes).usage
            else { continue }
            usages[id] = usage
        }
        self.usages = Mutex(usages)
    }

    func usage(of id: VolumeID) -> VolumeUsage {
        usages.withLock { $0[id] ?? VolumeUsage() }
    }

    /// Stores what changed.
    ///
    /// The caller holds the volume's key, so nobody else writes its file.
    func update(_ id: VolumeID, _ change: (inout VolumeUsage) -> Void) throws(DriverError) {
        var usage = usage(of: id)
        change(&usage)
        let folder = try Self.openOrMake(path)
        if usage.isEmpty {
            try folder.removeFile(id.text + Self.suffix)
        } else {
            try folder.replaceFile(
                id.text + Self.suffix,
                with: DiskFormat.encode(VolumeUsageFile(usage)),
                outliving: .processEnd
            )
        }
        let updated = usage.isEmpty ? nil : usage
        usages.withLock { $0[id] = updated }
    }

    /// Drops what is noted of a volume that is in use nowhere: a crash may have left it.
    func forget(_ id: VolumeID) throws(DriverError) {
        guard !usage(of: id).isEmpty else { return }
        try update(id) { $0 = VolumeUsage() }
    }

    /// Throws `inUse` where the volume is staged or published by what this book and the mount table
    /// say together.
    ///
    /// A staged block device shows in no mount: it counts while the volume has a device.
    package func checkUnused(_ id: VolumeID, isAttached: Bool) throws(DriverError) {
        let usage = usage(of: id)
        guard !usage.isEmpty else { return }
        let mounted = Set(try MountTable.read().map { ByteKey($0.target) })
        let places =
            usage.publications.map(\.mountedAt) + [usage.staging?.mountedAt].compactMap(\.self)
        let isBlockStaged = isAttached && usage.staging?.access.isBlock ?? false
        guard
            let place = places.first(where: { mounted.contains(ByteKey($0)) })
                ?? (isBlockStaged ? places.last : nil)
        else { return }
        throw DriverError(
            .inUse,
            "volume \(id) is in use at \(place); unpublish and unstage it first"
        )
    }

    private static let suffix = ".json"
    /// Far above what a few targets need.
    private static let fileLimit = 1 << 20

    private static func openOrMake(_ path: String) throws(DriverError) -> Folder {
        if let folder = try Folder.existing(at: path) { return folder }
        let (parent, name) = splitPath(path)
        guard !name.isEmpty, let parent = try Folder.existing(at: parent) else {
            throw DriverError(
                .hostFailure,
                "cannot make the usage folder \(path): its parent does not exist"
            )
        }
        try parent.makeFolder(name)
        guard let folder = try Folder.existing(at: path) else {
            throw DriverError(.hostFailure, "the usage folder \(path) vanished while it was made")
        }
        return folder
    }

    /// `/run/cairn-usage` as `/run/` and `cairn-usage`.
    private static func splitPath(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", "") }
        return (String(path[...slash]), String(path[path.utf8.index(after: slash)...]))
    }

    private static func id(fromFileName name: String) -> VolumeID? {
        name.removingByteSuffix(suffix).flatMap { VolumeID(parsing: String($0)) }
    }
}
