extension BenchDriver {
    /// Removes everything that the run has left; returns what could not be removed.
    ///
    /// It runs in a task that nobody has cancelled.
    func cleanUp() async -> [String] {
        let left = made.all
        var complaints: [String] = []
        for index in left.published.sorted() {
            complaints += await trying { () async throws(BenchFailure) in try await unpublish(index)
            }
        }
        for index in left.staged.sorted() {
            complaints += await trying { () async throws(BenchFailure) in try await unstage(index) }
        }
        for index in left.volumes.keys.sorted() {
            complaints += await trying { () async throws(BenchFailure) in
                // A create that was given up may have made the volume: asking again tells its id.
                if made.id(index) == nil { try await create(index) }
                try await delete(index)
            }
        }
        return complaints
    }

    /// Tries a few times: what was given up may be running still, and is answered ABORTED.
    private func trying(_ step: () async throws(BenchFailure) -> Void) async -> [String] {
        var last = ""
        for attempt in 0..<Self.attempts {
            do throws(BenchFailure) {
                try await step()
                return []
            } catch { last = error.message }
            try? await Task.sleep(for: .milliseconds(50 << attempt))
        }
        return [last]
    }

    private static let attempts = 5
}
