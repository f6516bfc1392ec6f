import Host

/// One mounted volume that stays while others measure its data path.
struct HeldVolume {
    let driver: BenchDriver

    /// Mounts the volume, reports where, and returns at the first signal; the caller cleans up.
    func hold(tell: (_ path: String) -> Void) async throws {
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let signals = StopSignals(first: { ask.finish() }, second: {})
        defer { signals.cancel() }
        try await driver.create(0)
        try await driver.stage(0)
        try await driver.publish(0)
        tell(driver.volume.targetPath(0))
        for await _ in asked {}
    }
}
