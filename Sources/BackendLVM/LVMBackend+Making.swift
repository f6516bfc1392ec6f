import Backend
import DriverCore

/// Making and removing.
extension LVMBackend {
    /// Throws where an object of that name is there; removes what an earlier attempt left of it, and
    /// returns the turn with the group as it is then: the room that it took is free again.
    ///
    /// A leftover that stays is no final answer: whoever holds it may still finish it.
    func clearWay(for name: String, _ change: GroupChange) throws(DriverError) -> GroupChange {
        guard let own = try own(name, in: change.metadata) else {
            guard change.metadata.logicalVolumes[name] != nil else { return change }
            throw DriverError(.conflict, "\(change.path(name)) belongs to another tier")
        }
        guard !own.isReady else {
            throw DriverError(.conflict, "\(change.path(name)) already exists on tier \(tier)")
        }
        do {
            try refuseOpen(own.volume, change.metadata)
            try change.remove(name, inState: .creating)
            return try change.now()
        } catch {
            throw error.leavingHalfDone(
                "\(change.path(name)) is unfinished and could not be removed"
            )
        }
    }

    /// Removes an object of this tier; OK where it does not exist.
    ///
    /// `check` is run before anything is removed, and throws where it must stay.
    func remove(
        _ name: String,
        check: (OwnVolume, VolumeGroupMetadata) throws(DriverError) -> Void = {
            (_, _) throws(DriverError) in
        }
    ) throws(DriverError) {
        guard try own(name, in: try group.metadata()) != nil else { return }
        try group.change("lvremove") { change throws(DriverError) in
            guard let own = try own(name, in: change.metadata) else { return }
            try check(own, change.metadata)
            try refuseOpen(own.volume, change.metadata)
            try change.remove(name, inState: own.isHalfMade ? .creating : .ready)
        }
    }

    /// Runs what makes an object; a failure removes what it has left, or says that it could not.
    ///
    /// The body says when it begins: what is there before that is somebody's, and stays. So does
    /// what another driver has made under the same name meanwhile: it was created at another moment.
    func making<Result>(
        _ name: String,
        created: Timestamp,
        _ body: (_ hasBegun: inout Bool) throws(DriverError) -> Result
    ) throws(DriverError) -> Result {
        var hasBegun = false
        do {
            return try body(&hasBegun)
        } catch {
            guard hasBegun else { throw error }
            throw error.afterUndoing { () throws(DriverError) in
                guard let left = try own(name, in: try group.metadata()), left.isFrom(created)
                else { return }
                try remove(left.volume.name)
            }
        }
    }
}

/// What one call is making, as distinct from what others make under the same name.
struct Draft: Sendable, Hashable {
    let name: String
    let created: Timestamp
}

extension LVMBackend {
    /// The tags of what lives only while something is made.
    func tags(of draft: Draft) -> Tags {
        var tags = Tags()
        tags.set(Fact.tier, tier)
        tags.set(Fact.created, draft.created.tagText)
        tags.set(Fact.state, VolumeRecord.State.creating.rawValue)
        return tags
    }
}

/// Names of what lives only while something is made.
enum Temporary {
    static let prefix = "t1"
    /// What is made to have LVM tell a pool what it was not told.
    static let messenger = "t1-messenger"

    /// The snapshot from which a volume is copied, or the extents by which one grows.
    static func name(for id: VolumeID) -> String { prefix + id.text.dropFirst(2) }
}
