import CDeviceMapperShim
package import DriverCore
import ErrnoText
import Glibc
import Synchronization

/// The state of the kernel's device mapper, read in process.
///
/// A look costs one ioctl: no process, no udev, no write to the pool. It does not wait for a
/// suspended device, but the status of a target can hang where the disk below it does, in a way that
/// no signal ends; so nothing of other devices waits for it here, and whoever asks for the status
/// must be able to lose the thread (see `Gate`).
package enum DeviceMapper {
    /// Whether the library was set up, which only one thread at a time may do.
    private static let isPrepared = Mutex(false)

    /// Throws `unavailable` with advice where the kernel has no device mapper.
    package static func checkAvailable() throws(DriverError) {
        let failure = isPrepared.withLock { isPrepared -> Int32 in
            if isPrepared { return 0 }
            let failure = cdm_prepare()
            isPrepared = failure == 0
            return failure
        }
        guard failure == 0 else {
            throw DriverError(
                .unavailable,
                "the kernel's device mapper does not answer: \(errnoText(failure)); load the module "
                    + "dm_mod on the node (modprobe dm_mod) and let the driver use "
                    + "/dev/mapper/control"
            )
        }
    }

    /// The device with this device mapper uuid, or nil where the kernel has none.
    package static func device(uuid: String) throws(DriverError) -> MappedDevice? {
        try checkAvailable()
        var found = cdm_device()
        switch unsafe cdm_copy_device(uuid, &found) {
        case 0: return MappedDevice(found)
        case ENXIO: return nil
        case let failure: throw unanswered(uuid, failure)
        }
    }

    /// The device with this name, or nil where the kernel has none.
    package static func device(named name: String) throws(DriverError) -> MappedDevice? {
        try checkAvailable()
        var found = cdm_device()
        switch unsafe cdm_copy_named_device(name, &found) {
        case 0: return MappedDevice(found)
        case ENXIO: return nil
        case let failure: throw unanswered(name, failure)
        }
    }

    /// The targets of a device in the order of its sectors, each with its status.
    ///
    /// None where the kernel has no such device, or a device without a table.
    package static func targets(uuid: String) throws(DriverError) -> [MappedTarget] {
        try checkAvailable()
        var failure: Int32 = 0
        guard let targets = unsafe cdm_targets_create(uuid, &failure) else {
            if failure == ENXIO { return [] }
            throw unanswered(uuid, failure)
        }
        defer { unsafe cdm_targets_destroy(targets) }
        var found: [MappedTarget] = []
        while let target = unsafe cdm_targets_next(targets) {
            unsafe found.append(MappedTarget(copying: target.pointee))
        }
        return found
    }

    /// Resumes a suspended device with its present table.
    ///
    /// The one call that changes anything: a table that was loaded for later is forgotten. Blocks
    /// while the devices beneath do not answer, so they have to be resumed first.
    package static func resume(uuid: String) throws(DriverError) {
        try checkAvailable()
        let failure = unsafe cdm_resume(uuid)
        guard failure == 0 else { throw unanswered(uuid, failure) }
    }

    /// Whether the kernel makes devices with targets of this type, such as `thin-pool`.
    ///
    /// It loads the module that brings it, as for a command of LVM.
    package static func hasTarget(_ type: String) throws(DriverError) -> Bool {
        try checkAvailable()
        switch unsafe cdm_find_target(type) {
        case 0: return true
        case EINVAL: return false
        case let failure:
            throw DriverError(
                .unavailable,
                "cannot ask the device mapper for targets of type '\(type)': \(errnoText(failure))"
            )
        }
    }

    private static func unanswered(_ uuid: String, _ failure: Int32) -> DriverError {
        DriverError(
            .unavailable,
            "cannot ask the device mapper for the state of device \(uuid): \(errnoText(failure)); see "
                + "the node's kernel log"
        )
    }
}
