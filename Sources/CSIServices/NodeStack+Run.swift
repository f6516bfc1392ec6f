internal import Backend
internal import CSIServing
internal import DriverCore
internal import Glibc
internal import Host
internal import Logging
internal import NodeStorage

extension NodeStack {
    private static let removalInterval = Duration.seconds(30)
    /// How long copies may take, after the last call, to undo themselves and thaw their sources.
    package static let undoLimit = Duration.seconds(5)

    /// Opens the tiers while `serve` runs, and stops running operations after it.
    ///
    /// Probe says `ready` once every tier has been opened. SIGHUP has everything compared again.
    package func run(while serve: () async -> Void) async {
        // Cancelled and awaited when this function ends. That is no wait for a disk that hangs:
        // BlockingPool.run gives its caller up when the task is cancelled, and leaves the thread.
        async let _: Void = openTiers()
        async let _: Void = finishRemovals()
        let hangup = AskSignal(SIGHUP) { Task { await rescan() } }
        defer { hangup.cancel() }
        await serve()
        let left = await operations.stop(within: Self.undoLimit)
        if left > 0 {
            logger.warning(
                "stopping while operations still run; a retry of each finishes or undoes it",
                metadata: ["operations": "\(left)"]
            )
        }
        HostCommand.killAll()
    }

    private func openTiers() async {
        do throws(DriverError) {
            try await repairs.start()
            readiness.becomeReady()
        } catch {
            logger.error("cannot open the tiers", metadata: ["error": "\(error)"])
        }
    }

    /// Deletes inline volumes whose disk was missing when their pods ended, at intervals.
    private func finishRemovals() async {
        while (try? await Task.sleep(for: Self.removalInterval)) != nil {
            await repairs.finishRemovals()
        }
    }

    /// Scans all tiers again: for SIGHUP.
    private func rescan() async {
        do throws(DriverError) {
            try await repairs.rescan()
            let figures = repairs.figures
            logger.info(
                "scanned all tiers; totals since the start",
                metadata: [
                    "removed": "\(figures.removed)", "thawed": "\(figures.thawed)",
                    "resumed": "\(figures.resumed)",
                    "detached": "\(figures.detached)", "unexplained": "\(figures.unexplainedText)",
                ]
            )
        } catch {
            logger.warning("cannot scan the tiers", metadata: ["reason": "\(error.message)"])
        }
    }
}
