import Backend
import DriverCore

/// Making and removing.
extension LVMBackend {
    /// Removes what an earlier attempt left under this name; throws where an object with the name
    /// exists.
    ///
    /// Returns the change with the group as it is then: the room of the leftover is free again.
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

    /// Removes an object of this tier; does nothing where it does not exist.
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

    /// Runs the steps that make an object; after a failure removes what they left, or says that it
    /// could not.
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

/// The object that one call is making, as distinct from another attempt under the same name.
struct Draft: Sendable, Hashable {
    let name: String
    let created: Timestamp
}

extension LVMBackend {
    /// The tags of a temporary volume.
    func tags(of draft: Draft) -> Tags {
        var tags = Tags()
        tags.set(Fact.tier, tier)
        tags.set(Fact.created, draft.created.tagText)
        tags.set(Fact.state, VolumeRecord.State.creating.rawValue)
        return tags
    }
}

/// Names of temporary volumes.
enum Temporary {
    static let prefix = "t1"
    /// A throwaway volume; creating it makes LVM send the pool its pending messages.
    static let messenger = "t1-messenger"

    /// The snapshot from which a volume is copied, or the extents for its growth.
    static func name(for id: VolumeID) -> String { prefix + id.text.dropFirst(2) }
}
