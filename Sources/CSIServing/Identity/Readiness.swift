import Synchronization

/// Whether the tiers have been opened once; Probe returns it.
package final class Readiness: Sendable {
    private let ready = Atomic(false)

    package init() {}

    package var isReady: Bool { ready.load(ordering: .acquiring) }

    package func becomeReady() { ready.store(true, ordering: .releasing) }
}
