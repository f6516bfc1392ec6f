internal import Backend
internal import DriverCore
internal import Host
internal import Logging

/// Formats, checks or repairs a volume's file system before it is mounted; the only caller of mkfs.
///
/// mkfs needs two proofs: the record says that the volume was never formatted, and the probe says
/// that the device is blank. The record moves to `formatting` before mkfs and to `formatted` after
/// it, both durably; a volume found `formatting` was never mounted, so mkfs may begin again.
struct VolumePreparation {
    let volume: Tiers.LocatedVolume
    let logger: Logger

    private var record: VolumeRecord { volume.record }

    /// Prepares the device, and returns its file system.
    func run(on device: borrowing HeldDevice) throws(DriverError) -> FilesystemType {
        switch record.contents {
        case .blank:
            try requireBlank(device)
            return try format(device, replacingHalfMade: false)
        case .formatting:
            logger.warning(
                "formatting a volume again because its first formatting was interrupted",
                metadata: ["volume_id": "\(record.id)"]
            )
            return try format(device, replacingHalfMade: true)
        case .copied:
            let type = try heldFilesystem(device)
            try check(type, device)
            try Filesystems.prepareCopy(on: device, type: type)
            try Failpoint.pass(.formatCopyPrepared)
            try note(.formatted)
            try Filesystems.growUnmountedIfNeeded(device, type: type)
            return type
        case .formatted, .raw:
            let type = try heldFilesystem(device)
            try check(type, device)
            try Filesystems.growUnmountedIfNeeded(device, type: type)
            return type
        }
    }

    private func requireBlank(_ device: borrowing HeldDevice) throws(DriverError) {
        let found = Probe.look(at: device)
        guard found == .blank else {
            throw failure(
                device.path,
                "was never formatted, but has \(found.inWords); nothing was changed"
            )
        }
    }

    private func format(_ device: borrowing HeldDevice, replacingHalfMade: Bool)
        throws(DriverError) -> FilesystemType
    {
        let type = record.filesystem ?? volume.tier.defaultFilesystem
        let options = try Filesystems.parse(
            mkfsOptions: record.parameters["mkfsOptions"] ?? "",
            for: type
        )
        try note(.formatting)
        try Failpoint.pass(.formatMarked)
        try Filesystems.make(
            type,
            on: device,
            options: options,
            isThick: volume.tier.isThick,
            replacingHalfMade: replacingHalfMade
        )
        try device.flush()
        try Failpoint.pass(.formatMade)
        try note(.formatted)
        try Failpoint.pass(.formatRecorded)
        return type
    }

    private func note(_ contents: VolumeRecord.Contents) throws(DriverError) {
        try volume.tier.change { (it) throws(DriverError) in
            try it.setContents(contents, of: record.id)
        }
    }

    private func heldFilesystem(_ device: borrowing HeldDevice)
        throws(DriverError) -> FilesystemType
    {
        let found = Probe.look(at: device)
        switch found {
        case .filesystem(let name, _):
            guard let type = FilesystemType(rawValue: name) else {
                throw failure(
                    device.path,
                    "has the file system \(name), which this driver does not mount"
                )
            }
            return type
        case .blank:
            throw failure(
                device.path,
                "has data by its record, but looks blank; the driver does not format it again. "
                    + "Find out what wrote to it, then repair it or restore a snapshot"
            )
        case .partitionTable, .other, .cannotTell:
            throw failure(
                device.path,
                "has \(found.inWords) instead of a file system; nothing was changed"
            )
        }
    }

    private func check(_ type: FilesystemType, _ device: borrowing HeldDevice)
        throws(DriverError)
    {
        // A tenant who had the raw device may have made any file system on it; the kernel is given
        // no other one than the record names.
        if let made = record.filesystem, made != type {
            throw failure(
                device.path,
                "is recorded as \(made.rawValue), but has \(type.rawValue); nothing was changed"
            )
        }
        if try Filesystems.checkIfAsked(device, type: type) {
            logger.info(
                "checked a file system that needed a check",
                metadata: ["volume_id": "\(record.id)", "device": "\(device.path)"]
            )
        }
    }

    private func failure(_ path: String, _ what: String) -> DriverError {
        DriverError(.hostFailure, "volume \(record.id) (\(path)) \(what)")
    }
}
