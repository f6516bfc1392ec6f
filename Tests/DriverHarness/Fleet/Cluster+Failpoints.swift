import DriverCore
import Glibc
package import Host
import TestSupport

/// Members of a ``Fleet``, which take failpoints while they run.
extension Cluster {
    /// The last part of its folder's path.
    package var name: String { String(folder.split(separator: "/").last ?? "") }

    var failpointFile: String { "\(folder)/failpoint" }

    /// Makes the process meet failpoints from now on, as `Failpoint.variable` writes them; none
    /// where the text is empty.
    package func arm(_ traps: String) throws {
        let text = traps.isEmpty ? "" : "\(unique("trap")) \(traps)\n"
        try Bytes.write(text, to: failpointFile)
    }

    /// Runs the body while a call stands still at a failpoint of this process, then lets it go on.
    ///
    /// Returns how the call ended. The body may kill the process.
    package func holding<Answer: Sendable>(
        at point: Failpoint,
        passing: Int = 1,
        _ call: @escaping @Sendable () async throws -> Answer,
        while body: () async throws -> Void
    ) async throws -> Result<Answer, any Error> {
        guard let pid = driver.pid else { throw DriverError(.notFound, "\(name) does not run") }
        try arm("\(point.name):stop:\(passing)")
        let hasEnded = Flag()
        let running = Task {
            defer { hasEnded.raise() }
            return try await call()
        }
        let outcome: Result<Void, any Error>
        do {
            try await wait(for: "stop of \(name) at \(point.name)") {
                state(of: pid) == "T" || hasEnded.isRaised
            }
            try arm("")
            guard state(of: pid) == "T" else {
                throw DriverError(.hostFailure, "the call ended before \(point.name)")
            }
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        driver.signal(SIGCONT)
        let result = await running.result
        try outcome.get()
        return result
    }
}
