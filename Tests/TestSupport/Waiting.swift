import DriverCore
import Glibc

/// The longest that a test waits for an event: far above what any takes on a loaded machine.
package let longestWait = Duration.seconds(120)

/// Waits until something is so, by asking again; throws `timedOut` when it takes too long.
package func wait(
    for what: String,
    within limit: Duration = longestWait,
    until isTrue: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !isTrue() {
        guard ContinuousClock.now < end else { throw DriverError(.timedOut, "no \(what) came") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// The same on a thread of a test's own, which may block; false when it takes too long.
package func waitBlocking(within limit: Duration = longestWait, until isTrue: () -> Bool) -> Bool {
    let end = ContinuousClock.now + limit
    while !isTrue() {
        guard ContinuousClock.now < end else { return false }
        usleep(2000)
    }
    return true
}

/// Waits until a descriptor can be read without blocking; false when it takes too long.
package func waitUntilReadable(_ descriptor: CInt, within limit: Duration = longestWait) -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if unsafe poll(&entry, 1, 1000) > 0 { return true }
    }
    return false
}
