import Backend
import DriverCore
import Host
import Logging
import Synchronization

/// Devices without direct I/O.
///
/// The kernel uses the page cache where a file, or the disk beneath the pool, needs larger blocks
/// than the device has.
extension LoopBackend {
    /// Remembers whether a volume's device has direct I/O, and logs it where that is new.
    func noteBuffering(of record: VolumeRecord, _ backing: FileIdentity) throws(DriverError) {
        guard let attachment = try loopDevices.attachment(of: backing) else { return }
        let device = attachment.usesDirectIO ? nil : attachment.device
        let former = buffered.withLock { buffered in
            defer { buffered[record.id] = device }
            return buffered[record.id]
        }
        guard let device, device != former else { return }
        logger.warning(
            "a volume's device has no direct I/O: \(record.bufferingCause)",
            metadata: ["volume": "\(record.id)", "device": "\(device.path)"]
        )
    }

    func forgetBuffering(of id: VolumeID) { buffered.withLock { $0[id] = nil } }

    /// The same after a scan of all devices.
    func noteBuffering(_ found: [VolumeID: LoopDevice]) {
        buffered.withLock { $0 = found }
    }

    /// In order of id.
    var bufferingProblems: [Finding] {
        let found = buffered.withLock { $0 }.sorted { $0.key < $1.key }
        return found.compactMap { id, device in
            guard case .usable(let stored) = volumeTable.entry(id) else { return nil }
            return .problem(
                .bufferedIO,
                "volume \(id)",
                "\(device.path) has no direct I/O: \(stored.record.bufferingCause)",
                stored.record.bufferingAdvice
            )
        }
    }
}

extension VolumeRecord {
    /// The block size with which a loop device of the volume is attached.
    var loopBlockSize: BlockSize { blockSize ?? .bytes512 }

    /// Why its device may have no direct I/O.
    var bufferingCause: String {
        switch loopBlockSize {
        case .bytes512:
            "its blocks of 512 bytes are too small: its file shares blocks with a snapshot or clone, "
                + "or is on a disk with blocks of 4096 bytes"
        case .bytes4096:
            "the pool's file system does not offer it for blocks of 4096 bytes"
        }
    }

    var bufferingAdvice: String {
        switch loopBlockSize {
        case .bytes512:
            "it works through the node's page cache; for direct I/O, move its data to a volume of a "
                + "StorageClass with blockSize 4096"
        case .bytes4096:
            "it works through the node's page cache; for direct I/O, put the pool on XFS or ext4"
        }
    }
}
