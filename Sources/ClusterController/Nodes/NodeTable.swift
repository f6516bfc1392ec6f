import CSIMessages
import DriverCore

/// The latest registration of one node.
struct NodeEntry: Sendable {
    /// How many nodes were known before this one; no other node has the same.
    let serial: Int
    let node: ClusterNode
    let heard: ContinuousClock.Instant
    let address: String
    let clockOffset: Duration
    var hasLeft = false
    /// New volumes that the registration does not count yet.
    var charges: [Charge] = []
    /// Tiers that it no longer has, and when it last had them.
    var formerTiers = FormerTiers()

    /// The new volumes that a next registration does not include either: those whose create ended
    /// after the node began to read its tiers.
    ///
    /// A registration that took longer on its way than the one before shows by its clock.
    func charges(
        notCountedBy node: ClusterNode,
        _ offset: Duration,
        at time: ContinuousClock.Instant
    ) -> [Charge] {
        let looked = time - node.surveyAge - max(.zero, clockOffset - offset)
        return charges.filter { $0.time > looked }
    }

    /// Takes over the parts of the earlier registration that this one does not replace.
    mutating func carryOver(from before: NodeEntry, at time: ContinuousClock.Instant) {
        charges = before.charges(notCountedBy: node, clockOffset, at: time)
        formerTiers = FormerTiers(
            before.formerTiers,
            before.node,
            heard: before.heard,
            now: node,
            at: time
        )
    }
}

/// All nodes that a replica of the controller knows.
///
/// Nodes stay known, so the order rarely changes.
struct NodeTable: Sendable {
    private(set) var entries: [String: NodeEntry] = [:]
    /// The digests of all entries, sorted.
    private(set) var order: [String] = []
    /// The room by tier, without nodes that have left.
    private(set) var rooms = TierRooms()
    private var nextSerial = 0
    /// The number of nodes that other replicas, or this one before its restart, have reported.
    var told: Int64 = 0
    /// The number of nodes that count, and when it was computed.
    var known: (count: Int64, at: ContinuousClock.Instant)?

    /// The number for a new node.
    mutating func takeSerial() -> Int {
        defer { nextSerial += 1 }
        return nextSerial
    }

    mutating func take(_ entry: NodeEntry) {
        let digest = entry.node.digest
        let held = entries.updateValue(entry, forKey: digest)
        if held == nil {
            order.insert(digest, at: order.firstIndex { $0 > digest } ?? order.endIndex)
        }
        replaceRooms(held?.node.registration.tiers ?? [], of: entry)
    }

    mutating func add(_ charge: Charge, to digest: String) {
        entries[digest]?.charges.append(charge)
        guard let entry = entries[digest], !entry.hasLeft else { return }
        replaceRooms(entry.node.registration.tiers, of: entry)
    }

    /// Notes that a node has stopped.
    mutating func leave(_ digest: String) {
        guard let entry = entries[digest] else { return }
        entries[digest]?.hasLeft = true
        rooms.remove(entry.node.registration.tiers, ofNode: entry.serial)
    }

    /// Forgets the nodes for which it holds.
    mutating func forget(where isGone: (NodeEntry) -> Bool) {
        let gone = entries.values.filter(isGone)
        guard !gone.isEmpty else { return }
        for entry in gone {
            entries[entry.node.digest] = nil
            rooms.remove(entry.node.registration.tiers, ofNode: entry.serial)
        }
        order.removeAll { entries[$0] == nil }
        // Nobody waits for them any more.
        told = max(0, told - Int64(gone.count))
    }

    private mutating func replaceRooms(_ old: [NodeTier], of entry: NodeEntry) {
        rooms.replace(
            old,
            with: entry.node.registration.tiers,
            ofNode: entry.serial,
            heard: entry.heard,
            room: entry.charges.room(of:)
        )
    }
}
