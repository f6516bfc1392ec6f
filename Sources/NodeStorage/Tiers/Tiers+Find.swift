internal import Backend
package import DriverCore

extension Tiers {
    /// The volume that an earlier create with this name made, or nil.
    ///
    /// Only the tier that would hold the new volume must answer: another tier whose disk is missing
    /// must not stop every create of the node. Where it holds a volume of the same name after all,
    /// that is found, and named, as soon as it answers again. One that was taken out of the tiers
    /// file, and shows that it has the volume, throws.
    package func findForCreate(_ id: VolumeID, in target: Tier) throws(DriverError)
        -> LocatedVolume?
    {
        try locate(in: target, knownTo: { $0.remembers(id) }, Self.look(for: id))
    }

    /// The same for a volume that no tier of this node would make.
    package func findForCreate(_ id: VolumeID) throws(DriverError) -> LocatedVolume? {
        try locate(amongst: all, knownTo: { $0.remembers(id) }, Self.look(for: id))
    }

    /// The same for a snapshot, which is in the tier of its source.
    package func findForCreate(_ id: SnapshotID, in target: Tier) throws(DriverError)
        -> LocatedSnapshot?
    {
        try locate(in: target, knownTo: { $0.remembers(id) }, Self.look(for: id))
    }

    /// The volume, or nil where every tier says that it has none.
    package func find(_ id: VolumeID) throws(DriverError) -> LocatedVolume? {
        try locate("volume \(id)", knownTo: { $0.remembers(id) }, Self.look(for: id))
    }

    /// The snapshot, or nil where every tier says that it has none.
    package func find(_ id: SnapshotID) throws(DriverError) -> LocatedSnapshot? {
        try locate("snapshot \(id)", knownTo: { $0.remembers(id) }, Self.look(for: id))
    }

    private typealias Look<Found> =
        @Sendable (Tier, any VolumeBackend) throws(DriverError) -> Found?

    private static func look(for id: VolumeID) -> Look<LocatedVolume> {
        { (tier, backend) throws(DriverError) in
            try backend.volume(id).map { LocatedVolume(tier: tier, record: $0) }
        }
    }

    private static func look(for id: SnapshotID) -> Look<LocatedSnapshot> {
        { (tier, backend) throws(DriverError) in
            try backend.snapshot(id).map { LocatedSnapshot(tier: tier, record: $0) }
        }
    }

    private func locate<Found: Sendable>(
        in target: Tier,
        knownTo remembers: (Tier) -> Bool,
        _ look: @escaping Look<Found>
    ) throws(DriverError) -> Found? {
        if let found = try ask(target, look) { return found }
        let others = tiers.filter { $0.name != target.name } + former
        return try locate(amongst: others, knownTo: remembers, look)
    }

    /// What one of the tiers has; not all tiers have to answer.
    private func locate<Found: Sendable>(
        amongst some: [Tier],
        knownTo remembers: (Tier) -> Bool,
        _ look: @escaping Look<Found>
    ) throws(DriverError) -> Found? {
        let answers = self.answers(of: some, to: look)
        if let found = answers.lazy.compactMap({ try? $0.answer.get() }).first { return found }
        // Its failure is that it has the object.
        for (tier, answer) in answers where tier.backend is FormerTier && remembers(tier) {
            _ = try answer.get()
        }
        return nil
    }

    /// Reads on this thread.
    private func ask<Found>(_ tier: Tier, _ look: Look<Found>) throws(DriverError) -> Found? {
        try tier.read { (it) throws(DriverError) in try look(tier, it) }
    }

    private func locate<Found: Sendable>(
        _ what: String,
        knownTo remembers: (Tier) -> Bool,
        _ look: @escaping Look<Found>
    ) throws(DriverError) -> Found? {
        do throws(DriverError) {
            if let only { return try ask(only, look) }
            // The usual case: nobody else's storage is asked, and nobody else's can hang.
            let knowing = all.filter(remembers)
            if knowing.count == 1, let found = try ask(knowing[0], look) { return found }
            return try locateAnywhere(what, look)
        } catch {
            throw error.adding(context: "cannot tell whether \(what) exists")
        }
    }

    private func locateAnywhere<Found: Sendable>(
        _ what: String,
        _ look: @escaping Look<Found>
    ) throws(DriverError) -> Found? {
        var found: [(tier: String, object: Found)] = []
        var failure: DriverError?
        for (tier, answer) in answers(of: all, to: look) {
            do throws(DriverError) {
                if let object = try answer.get() { found.append((tier.name, object)) }
            } catch { failure = failure ?? error }
        }
        guard found.count < 2 else {
            throw DriverError(
                .unavailable,
                "it is in \(found.count) tiers (\(found.map(\.tier).joined(separator: ", ")))"
                    + "; move one of the two directories away"
            )
        }
        if let failure, found.isEmpty { throw failure }
        return found.first?.object
    }
}
