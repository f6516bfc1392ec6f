import Synchronization

/// What a soak has seen so far; shared by its callers.
package final class SoakLedger: Sendable {
    package struct Figures: Sendable {
        package var operations: [String: Int] = [:]
        /// Calls that a kill cut short, or that had to be repeated for another good reason.
        package var retried = 0
        package var kills = 0
        /// Kills after which the notes of the volumes' use were gone.
        package var losses = 0
        /// How often the disk of the pool went away and came back.
        package var diskLosses = 0
        /// Loop devices that an outside hand detached, or tried to.
        package var detachments = 0
        package var violations: [String] = []

        package var total: Int { operations.values.reduce(0, +) }
    }

    private let state = Mutex(Figures())

    package init() {}

    package var figures: Figures { state.withLock(\.self) }

    package func count(_ operation: String) {
        state.withLock { $0.operations[operation, default: 0] += 1 }
    }

    func countRetry() { state.withLock { $0.retried += 1 } }

    package func countKill() { state.withLock { $0.kills += 1 } }

    package func countLoss() { state.withLock { $0.losses += 1 } }

    package func countDiskLoss() { state.withLock { $0.diskLosses += 1 } }

    package func countDetachment() { state.withLock { $0.detachments += 1 } }

    package func report(_ violation: String) { state.withLock { $0.violations.append(violation) } }
}

/// Decisions that a seed repeats: SplitMix64.
package struct Decisions: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The decisions of one step of one caller; what happens in a step changes no other step's.
    package init(seed: UInt64, caller: Int, step: Int) {
        // Mixed first, for the decisions of the next seed would else be these, one later.
        state = seed
        state = next() &+ UInt64(caller) << 40 &+ UInt64(step)
        _ = next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
