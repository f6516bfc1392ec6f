import CHostShim
import DriverCore
import Glibc

/// What the driver needs of the kernel, tried out; for people who ask why it does not work.
///
/// Each trial hands the kernel something invalid, so that nothing changes, and reads from the
/// refusal whether the call is known.
package enum HostFeatures {
    package enum Finding: Sendable, Hashable {
        case present
        case absent
        /// Could not be tried, and why.
        case unknown(String)
    }

    /// `6.1.0-18-amd64`; nil where /proc is not mounted.
    package static func kernelRelease() -> String? {
        SystemFile.line("/proc/sys/kernel/osrelease")
    }

    /// The file systems that the kernel has loaded; others may come as modules.
    package static func loadedFilesystems() -> Set<String> {
        guard let bytes = try? SystemFile.read("/proc/filesystems") else { return [] }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        return Set(
            lines.compactMap { line in
                line.split(separator: UInt8(ascii: "\t")).last.map {
                    String(decoding: $0, as: UTF8.self)
                }
            }
        )
    }

    /// CAP_SYS_ADMIN: mounts and loop devices.
    package static var mayMount: Bool { Capabilities.hold(.sysAdmin) }

    /// CAP_SYS_RESOURCE: growth of mounted ext4.
    package static var mayGrowMountedExt4: Bool { Capabilities.hold(.sysResource) }

    package static func openat2() -> Finding {
        known { unsafe chost_openat2(-1, "x", O_RDONLY, 0, 0) }
    }

    package static func mountSetattr() -> Finding {
        known { chost_restrict_mount(-1, chost_MS_RDONLY) }
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
            guard let device = LoopDevice(index: index) else {
                return .unknown("/dev/loop\(index) went away")
            }
            let node = try LoopNode.opened(device, flags: O_RDWR).rawValue
            do throws(Errno) {
                // No file has this number, so nothing can be attached.
                _ = try Errno.check { unsafe chost_loop_configure(node, -1, "", true, false) }
                return .present
            } catch {
                return [EINVAL, ENOTTY, ENOSYS].contains(error.code) ? .absent : .present
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

    private static func known(_ call: () -> Int32) -> Finding {
        do throws(Errno) {
            _ = try Errno.check(call)
            return .present
        } catch {
            return error.code == ENOSYS ? .absent : .present
        }
    }
}
