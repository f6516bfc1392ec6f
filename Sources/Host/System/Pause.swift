import Glibc

/// A wait of the calling thread, where the kernel offers nothing to wait for.
package enum Pause {
    package static func milliseconds(_ count: UInt32) { usleep(count * 1000) }
}
