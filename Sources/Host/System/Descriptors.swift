import Glibc

/// How many files and connections the process may have open.
package enum Descriptors {
    /// Allows as many as the process may allow itself.
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
