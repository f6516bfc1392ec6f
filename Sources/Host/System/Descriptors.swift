import Glibc

/// The limit of open files and connections of the process.
package enum Descriptors {
    /// Raises the limit as far as the process may.
    ///
    /// Many systems start a service with 1024 for the sake of programs that use select(2), and
    /// leave the rest to it. Programs that are started later inherit the limit.
    package static func allowMost() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        // Neither can fail: the soft limit may always rise to the hard one.
        unsafe getrlimit(resource, &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(resource, &limit)
    }
}
