import DriverCore

/// A loop device of the host, whether something is bound to it or not.
package struct LoopDevice: Sendable, Hashable, Comparable {
    package let index: Int
    /// The kernel's number of it, as in st_rdev.
    package let number: UInt64
    /// `/dev/loop3`.
    package var path: String { "/dev/loop\(index)" }

    package init(index: Int, number: UInt64) {
        self.index = index
        self.number = number
    }

    package static func < (left: LoopDevice, right: LoopDevice) -> Bool {
        left.index < right.index
    }

    /// The device as the kernel shows it now; nil where it has none of this index.
    init?(index: Int) throws(DriverError) {
        let text = try SystemFile.lineIfThere("/sys/block/loop\(index)/dev")
        guard let number = text.flatMap(SystemFile.deviceNumber) else { return nil }
        self.init(index: index, number: number)
    }
}

/// What is bound to a loop device.
package struct LoopAttachment: Sendable, Hashable {
    package let device: LoopDevice
    package let backing: FileIdentity
    /// Whether it shows the whole file, and not a part that somebody else has chosen.
    package let isWhole: Bool
    package let isReadOnly: Bool
    /// Whether reads and writes pass by the page cache of the backing file.
    package let usesDirectIO: Bool
    /// Whether it is detached already and goes with its last closing.
    package let isGoing: Bool
}
