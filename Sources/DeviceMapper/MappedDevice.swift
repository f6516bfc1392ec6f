import CDeviceMapperShim

/// A device of the device mapper, as it was when it was looked at.
package struct MappedDevice: Sendable, Hashable {
    /// `vg-pool`: of the group and the volume, with each dash doubled.
    package let name: String
    package let uuid: String
    /// The kernel's number of it, as in st_rdev.
    package let number: UInt64
    /// `/dev/dm-3`: made by the kernel itself, so it is there before udev has run.
    package let path: String
    /// How often it is open: by programs, mounts, and devices on top of it.
    package let openCount: Int
    /// Whether reads and writes wait.
    package let isSuspended: Bool
    package let isReadOnly: Bool
    /// Whether it can be read at all.
    package let hasTable: Bool

    package init(
        name: String,
        uuid: String,
        number: UInt64,
        path: String,
        openCount: Int,
        isSuspended: Bool,
        isReadOnly: Bool,
        hasTable: Bool
    ) {
        self.name = name
        self.uuid = uuid
        self.number = number
        self.path = path
        self.openCount = openCount
        self.isSuspended = isSuspended
        self.isReadOnly = isReadOnly
        self.hasTable = hasTable
    }

    init(_ device: cdm_device) {
        self.init(
            name: Self.text(device.name),
            uuid: Self.text(device.uuid),
            number: device.number,
            path: "/dev/dm-\(device.minor)",
            openCount: Int(device.open_count),
            isSuspended: device.is_suspended,
            isReadOnly: device.is_read_only,
            hasTable: device.has_table
        )
    }

    /// The text in an array of C, up to its zero.
    private static func text<Characters>(_ characters: Characters) -> String {
        let bytes = unsafe withUnsafeBytes(of: characters) { unsafe Array($0) }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// The device-mapper UUID of a logical volume, which does not depend on its name.
package enum MappedVolume {
    /// The devices that LVM stacks for one volume; `nil` is the one that users of it open.
    package enum Layer: String, Sendable, Hashable, CaseIterable {
        /// A thin pool itself: fill levels and mode are its status.
        case thinPool = "tpool"
        /// The layer that keeps a pool active while no volume of it is.
        case thinPoolHolder = "pool"
        /// The layers with a pool's data and metadata.
        case thinData = "tdata"
        case thinMetadata = "tmeta"
        /// The blocks of a volume that has copy-on-write snapshots.
        case real
        /// The store of a copy-on-write snapshot.
        case copyOnWrite = "cow"
    }

    /// `identifier` and `group` as in LVM's metadata, with dashes.
    package static func uuid(of identifier: String, group: String, layer: Layer? = nil) -> String {
        let ending = layer.map { "-\($0.rawValue)" } ?? ""
        return "LVM-" + compact(group) + compact(identifier) + ending
    }

    /// The device mapper's name of the device that users of a volume open, each dash doubled.
    package static func name(of volume: String, group: String) -> String {
        doubled(group) + "-" + doubled(volume)
    }

    /// Whether a device is one of LVM's, by its uuid.
    package static func isVolume(_ device: MappedDevice) -> Bool {
        device.uuid.utf8.starts(with: "LVM-".utf8)
    }

    private static func doubled(_ name: String) -> String {
        String(
            decoding: name.utf8.flatMap { $0 == UInt8(ascii: "-") ? [$0, $0] : [$0] },
            as: UTF8.self
        )
    }

    private static func compact(_ identifier: String) -> String { identifier.filter { $0 != "-" } }
}
