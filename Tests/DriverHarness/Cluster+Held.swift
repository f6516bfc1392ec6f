import CSIMessages
import DriverCore
package import GRPCRuntime
import Glibc
import Synchronization
import TestSupport
package import Testing

/// A first stage that stands still, because its mkfs was stopped: a call that surely runs.
extension Cluster {
    private static let deadline = longestWait

    /// Runs the body while a stage of a new volume stands still, then lets it go on.
    ///
    /// Returns the volume's id; what became of the stage is told by ``heldStageEnds(with:)``.
    @discardableResult
    package func holdingStage(
        timeout: Duration = .seconds(60),
        _ body: (String) async throws -> Void
    ) async throws -> String {
        let end = ContinuousClock.now + Self.deadline
        while ContinuousClock.now < end {
            let id = try await create(unique("held")).volumeID
            guard let child = await beginStage(of: id, timeout: timeout) else {
                // mkfs was faster than the look at it.
                try await retryingWhileAborted { try await unstage(id) }
                continue
            }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(id)) } catch { outcome = .failure(error) }
            // Where the driver is gone, its child goes too.
            kill(child, driver.pid == nil ? SIGKILL : SIGCONT)
            // The next test must not take this mkfs for its own.
            _ = await held.withLock { $0 }?.value
            try await wait(for: "end of mkfs") { isGone(child) }
            try outcome.get()
            return id
        }
        throw DriverError(.timedOut, "no mkfs could be stopped")
    }

    /// Waits for the stage that was held last, and expects its code.
    package func heldStageEnds(
        with code: StatusCode,
        at location: SourceLocation = #_sourceLocation
    )
        async throws
    {
        let stage = try #require(held.withLock { $0 })
        #expect(await stage.value == code, sourceLocation: location)
    }

    /// Waits until the caller of the stage that is held now has been answered.
    package func waitForHeldStage() async throws {
        let stage = try #require(held.withLock { $0 })
        _ = await stage.value
    }

    /// Repeats a call as a sidecar would, for as long as an earlier one still runs.
    package func retryingWhileAborted(_ call: () async throws -> Void) async throws {
        let end = ContinuousClock.now + Self.deadline
        while ContinuousClock.now < end {
            do {
                return try await call()
            } catch let failure as RPCFailure where failure.code == .aborted {
                await Task.yield()
            }
        }
        throw DriverError(.timedOut, "the call is still answered ABORTED")
    }

    package func waitForLog(_ words: String, after count: Int) async throws {
        let end = ContinuousClock.now + Self.deadline
        while ContinuousClock.now < end {
            let lines = try driver.log().dropFirst(count)
            if lines.contains(where: { $0["message"]?.contains(words) ?? false }) { return }
            await Task.yield()
        }
        throw DriverError(.timedOut, "the log does not say '\(words)'")
    }

    private func beginStage(of id: String, timeout: Duration) async -> pid_t? {
        let isDone = Flag()
        let request = NodeStageVolumeRequest(
            volumeID: id,
            stagingTargetPath: staging(id),
            volumeCapability: .mount()
        )
        let stage = Task { () -> StatusCode in
            defer { isDone.raise() }
            do throws(RPCFailure) {
                _ = try await call(request, timeout: timeout)
                return .ok
            } catch {
                return error.code
            }
        }
        held.withLock { $0 = stage }
        while !isDone.isRaised {
            if let child = mkfs() {
                kill(child, SIGSTOP)
                if isStopped(child) { return child }
            }
            await Task.yield()
        }
        return nil
    }

    /// The driver's child that runs mkfs now.
    private func mkfs() -> pid_t? {
        guard let pid = driver.pid else { return nil }
        for thread in Paths.names(in: "/proc/\(pid)/task") {
            let children = (try? Files.text("/proc/\(pid)/task/\(thread)/children")) ?? ""
            for child in children.split(separator: " ") {
                let name = (try? Files.text("/proc/\(child)/comm")) ?? ""
                if name.hasPrefix("mkfs") || name.hasPrefix("mke2fs") { return pid_t(child) }
            }
        }
        return nil
    }

    /// Waits for a process that is about to stop itself.
    package func waitUntilStopped(_ pid: Int32) async throws {
        let end = ContinuousClock.now + Self.deadline
        while ContinuousClock.now < end {
            if state(of: pid) == "T" { return }
            await Task.yield()
        }
        throw DriverError(.timedOut, "process \(pid) does not stop")
    }

    private func isStopped(_ pid: pid_t) -> Bool {
        let end = ContinuousClock.now + Self.deadline
        while let state = state(of: pid), ContinuousClock.now < end {
            if state == "T" { return true }
            if state == "Z" || state == "X" { return false }
        }
        return false
    }

    /// Ended, though nobody may have asked for its exit code: its parent may be gone.
    private func isGone(_ pid: pid_t) -> Bool {
        guard let state = state(of: pid) else { return true }
        return state == "Z" || state == "X"
    }

    /// The letter of the process's state; nil where there is no such process.
    func state(of pid: pid_t) -> Substring? {
        guard let status = try? Files.text("/proc/\(pid)/stat") else { return nil }
        return status.split(separator: ")").last?.split(separator: " ").first
    }
}
