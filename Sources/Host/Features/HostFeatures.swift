import CHostShim
import DriverCore
import Glibc

/// Kernel features that the driver needs, tested for `cairn doctor`.
///
/// Each trial hands the kernel something invalid, so that nothing changes, and reads from the
/// refusal whether the call is known.
package enum HostFeatures {
    package enum Finding: Sendable, Hashable {
        case present
        case absent
        /// Could not be tested, with the reason.
        case unknown(String)
    }

    /// `6.1.0-18-amd64`; nil where /proc is not mounted.
    package static func kernelRelease() -> String? {
        SystemFile.line("/proc/sys/kernel/osrelease")
    }

    /// CAP_SYS_ADMIN: mounts and loop devices.
    package static var mayMount: Bool { Capabilities.hold(.sysAdmin) }

    /// CAP_SYS_RESOURCE: growth of mounted ext4.
    package static var mayGrowMountedExt4: Bool { Capabilities.hold(.sysResource) }

    package static func openat2() -> Finding {
        finding { unsafe chost_openat2(-1, "x", O_RDONLY, 0, 0) }
    }

    package static func mountSetattr() -> Finding {
        finding { chost_restrict_mount(-1, chost_MS_RDONLY) }
    }

    /// Whether /dev/loop-control can be opened and finds a free device.
    package static func loopControl() -> Finding {
        do throws(DriverError) {
            _ = try freeLoopDevice()
            return .present
        } catch {
            return .unknown(error.message)
        }
    }

    package static func loopConfigure() -> Finding {
        do throws(DriverError) {
            let index = try freeLoopDevice()
            guard let device = try LoopDevice(index: index) else {
                return .unknown("/dev/loop\(index) has disappeared")
            }
            // Bound to a name, so that it is open until the kernel has answered.
            let node = try LoopNode.opened(device, flags: O_RDWR)
            // No file has this number, so nothing can be attached.
            return finding(absent: [EINVAL, ENOTTY]) {
                unsafe chost_loop_configure(node.rawValue, -1, "", true, false, 512)
            }
        } catch {
            return .unknown(error.message)
        }
    }

    private static func freeLoopDevice() throws(DriverError) -> Int {
        let control = try OwnedDescriptor(opening: "/dev/loop-control", flags: O_RDWR)
        let number = control.rawValue
        return Int(try attempt("find a free loop device") { chost_loop_get_free(number) })
    }

    /// The result of a trial call with a descriptor that does not exist: a kernel that has the call
    /// answers EBADF.
    ///
    /// Any other refusal, such as one of seccomp, tells nothing of the kernel.
    private static func finding(absent: [CInt] = [], _ call: () -> Int32) -> Finding {
        do throws(Errno) {
            _ = try Errno.check(call)
            return .present
        } catch {
            if error.code == EBADF { return .present }
            if error.code == ENOSYS || absent.contains(error.code) { return .absent }
            return .unknown("\(error)")
        }
    }
}

extension HostFeatures {
    /// Whether the kernel's release is at least that; nil where it does not say.
    package static func isKernel(atLeast major: Int, _ minor: Int) -> Bool? {
        kernelRelease().flatMap { isRelease($0, atLeast: major, minor) }
    }

    static func isRelease(_ release: String, atLeast major: Int, _ minor: Int) -> Bool? {
        let parts = release.utf8.split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            .prefix(2).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        return parts.count == 2 ? (parts[0], parts[1]) >= (major, minor) : nil
    }

    /// Whether a discard is refused on a device whose limit was set to zero; nil where the kernel does
    /// not say.
    ///
    /// Until Linux 5.19 a flag of the queue decided, which the setting did not clear, and the discard
    /// went through: fstrim made the files of thick volumes sparse.
    package static var refusesDiscardsByLimit: Bool? { isKernel(atLeast: 5, 19) }
}
