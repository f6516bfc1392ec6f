import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime
import Host

/// Waiting for a driver that is being started.
struct ReadinessWatch {
    let endpoint: Endpoint
    let limit: Duration

    /// Returns the time of day at which the first Probe said "ready"; nil where none did in time.
    ///
    /// Each look has a connection of its own: a channel would wait longer after every refusal.
    func wait() async throws -> Timestamp? {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try await isReady() { return WallClock.now() }
            try await Task.sleep(for: .milliseconds(1))
        }
        return nil
    }

    private func isReady() async throws -> Bool {
        let channel = try Channel(to: endpoint)
        let answer = try? await CSIClient(channel: channel).call(ProbeRequest(), timeout: limit)
        await channel.close()
        return answer.map { $0.ready ?? true } ?? false
    }
}
