import DriverCore

/// A loop device of the host, attached or not.
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

    /// The device as the kernel has it now; nil where there is none with this index.
    init?(index: Int) throws(DriverError) {
        let text = try SystemFile.lineIfThere("/sys/block/loop\(index)/dev")
        guard let number = text.flatMap(SystemFile.deviceNumber) else { return nil }
        self.init(index: index, number: number)
    }
}

/// The file that is attached to a loop device.
package struct LoopAttachment: Sendable, Hashable {
    package let device: LoopDevice
    package let backing: FileIdentity
    /// Whether it has the whole file, and not a part.
    package let isWhole: Bool
    package let isReadOnly: Bool
    /// Whether it uses direct I/O.
    package let usesDirectIO: Bool
    /// Whether it is already detached and disappears with its last close.
    package let isGoing: Bool
}
