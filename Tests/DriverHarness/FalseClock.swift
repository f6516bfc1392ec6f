import TestSupport

/// A library that puts a false wall clock before libc's, and the file that tells how far off it is.
package struct FalseClock {
    let folder: String

    package init(folder: String) { self.folder = folder }

    private static let source = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static long offset(void) {
          char text[32] = {0};
          int file = open(getenv("FALSE_CLOCK"), O_RDONLY | O_CLOEXEC);
          if (file < 0) abort();
          if (read(file, text, sizeof text - 1) < 1) abort();
          close(file);
          return atol(text);
        }

        int clock_gettime(clockid_t clock, struct timespec *now) {
          int result = syscall(SYS_clock_gettime, clock, now);
          int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
          if (result == 0 && is_wall) now->tv_sec += offset();
          return result;
        }

        time_t time(time_t *seconds) {
          struct timespec now;
          clock_gettime(CLOCK_REALTIME, &now);
          if (seconds) *seconds = now.tv_sec;
          return now.tv_sec;
        }

        int gettimeofday(struct timeval *restrict time, void *restrict zone) {
          struct timespec now;
          (void)zone;
          clock_gettime(CLOCK_REALTIME, &now);
          time->tv_sec = now.tv_sec;
          time->tv_usec = now.tv_nsec / 1000;
          return 0;
        }

        """

    package func set(toYears years: Int) throws { try set(toSeconds: years * 365 * 86_400) }

    /// In one step, since the driver may read at any moment.
    package func set(toSeconds seconds: Int) throws {
        try Bytes.write("\(seconds)\n", to: "\(folder)/clock.new")
        try Tool.run("/usr/bin/mv", "\(folder)/clock.new", "\(folder)/clock")
    }

    /// What starts a driver with this clock, which is right at first.
    @Sendable package static func command(in folder: String) throws -> [String] {
        try FalseClock(folder: folder).set(toSeconds: 0)
        try Bytes.write(source, to: "\(folder)/clock.c")
        let library = "\(folder)/clock.so"
        try Tool.run("/usr/bin/gcc", "-shared", "-fPIC", "-o", library, "\(folder)/clock.c")
        return ["/usr/bin/env", "LD_PRELOAD=\(library)", "FALSE_CLOCK=\(folder)/clock"]
    }
}
