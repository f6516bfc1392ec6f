package import Backend
package import DriverCore
package import Logging
import Synchronization

/// All tiers of this node, and where an object lies among them.
///
/// A tier that cannot answer degrades only itself, with one exception that safety demands: "this
/// object does not exist" is said only when every tier has answered.
package final class Tiers: Sendable {
    private let tiers: [Tier]
    private let defaultName: String?
    private let logger: Logger

    package init(
        _ backends: [any VolumeBackend],
        default defaultName: String?,
        logger: Logger
    ) {
        tiers = backends.map(Tier.init)
        self.defaultName = defaultName
        self.logger = logger
    }

    package var names: [String] { tiers.map(\.backend.tier) }

    /// Opens every tier; one that fails is logged and tried again when it is next needed.
    package func start() {
        for tier in tiers {
            do throws(DriverError) {
                try tier.open()
                logger.info("tier is ready", metadata: ["tier": "\(tier.backend.tier)"])
            } catch {
                logger.error(
                    "tier is unavailable",
                    metadata: ["tier": "\(tier.backend.tier)", "error": "\(error)"]
                )
            }
        }
    }

    /// The tier that a StorageClass names, or the default one for nil; opened.
    package func tier(named name: String?) throws(DriverError) -> any VolumeBackend {
        guard let wanted = name ?? defaultName else {
            throw DriverError(
                .invalidRequest,
                "no tier is the default; set the StorageClass parameter 'tier' to one of: "
                    + names.joined(separator: ", ")
            )
        }
        guard let tier = tiers.first(where: { $0.backend.tier == wanted }) else {
            throw DriverError(
                .invalidRequest,
                "tier '\(wanted)' is not configured on this node; the tiers are: "
                    + names.joined(separator: ", ")
            )
        }
        return try tier.open()
    }

    /// Every tier, opened; throws where one cannot answer.
    package func all() throws(DriverError) -> [any VolumeBackend] {
        var opened: [any VolumeBackend] = []
        for tier in tiers { opened.append(try tier.open()) }
        return opened
    }

    /// Finishes a removal that failed after the volume had ceased to exist; OK where there was none.
    ///
    /// For a volume that no tier has: its files and its share of the space may be left.
    func finishRemoval(of id: VolumeID) throws(DriverError) {
        for backend in try all() { try backend.deleteVolume(id) }
    }

    /// The same for a snapshot.
    func finishRemoval(of id: SnapshotID) throws(DriverError) {
        for backend in try all() { try backend.deleteSnapshot(id) }
    }

    /// A volume and the tier that holds it.
    package struct LocatedVolume: Sendable {
        package let backend: any VolumeBackend
        package let record: VolumeRecord
    }

    /// A snapshot and the tier that holds it.
    package struct LocatedSnapshot: Sendable {
        package let backend: any VolumeBackend
        package let record: SnapshotRecord
    }

    /// The volume that a create with this name made before, or nil.
    ///
    /// Only the tier that would hold the new volume must answer: another tier whose disk is missing
    /// must not stop every create of the node. Where it holds a volume of the same name after all,
    /// that is found, and named, as soon as it answers again.
    package func findForCreate(_ id: VolumeID, in target: any VolumeBackend) throws(DriverError)
        -> LocatedVolume?
    {
        if let record = try target.volume(id) {
            return LocatedVolume(backend: target, record: record)
        }
        for tier in tiers where tier.backend.tier != target.tier {
            guard let record = try? tier.open().volume(id) else { continue }
            return LocatedVolume(backend: tier.backend, record: record)
        }
        return nil
    }

    /// The same for a snapshot, which lies in its source's tier.
    package func findForCreate(_ id: SnapshotID, in target: any VolumeBackend)
        throws(DriverError) -> SnapshotRecord?
    {
        if let record = try target.snapshot(id) { return record }
        for tier in tiers where tier.backend.tier != target.tier {
            if let record = try? tier.open().snapshot(id) { return record }
        }
        return nil
    }

    /// The volume, or nil where every tier says that it has none.
    package func find(_ id: VolumeID) throws(DriverError) -> LocatedVolume? {
        try locate("volume \(id)") { backend throws(DriverError) in
            guard let record = try backend.volume(id) else { return nil }
            return LocatedVolume(backend: backend, record: record)
        }
    }

    /// The snapshot, or nil where every tier says that it has none.
    package func find(_ id: SnapshotID) throws(DriverError) -> LocatedSnapshot? {
        try locate("snapshot \(id)") { backend throws(DriverError) in
            guard let record = try backend.snapshot(id) else { return nil }
            return LocatedSnapshot(backend: backend, record: record)
        }
    }

    private func locate<Found>(
        _ what: String,
        _ look: (any VolumeBackend) throws(DriverError) -> Found?
    ) throws(DriverError) -> Found? {
        var found: [(tier: String, object: Found)] = []
        var failure: DriverError?
        for tier in tiers {
            do throws(DriverError) {
                if let object = try look(try tier.open()) {
                    found.append((tier.backend.tier, object))
                }
            } catch { failure = failure ?? error }
        }
        guard found.count < 2 else {
            throw DriverError(
                .unavailable,
                "\(what) exists in \(found.count) tiers (\(found.map(\.tier).joined(separator: ", ")))"
                    + "; move one of the two folders away"
            )
        }
        if let only = found.first { return only.object }
        if let failure { throw failure.adding(context: "cannot tell whether \(what) exists") }
        return nil
    }
}

/// One back end, opened when it is first needed.
private final class Tier: Sendable {
    private enum State {
        /// Can become `opening`.
        case closed
        /// One caller runs the start. Becomes `open`, or `closed` again where it fails.
        case opening
        case open
    }

    let backend: any VolumeBackend
    private let state = Mutex(State.closed)

    init(_ backend: any VolumeBackend) { self.backend = backend }

    /// Starts the back end if it has not started yet.
    ///
    /// Only one caller does: a start repairs leftovers and must not run twice at once. Others are
    /// told to come back, so that a disk that hangs holds up nobody else.
    @discardableResult
    func open() throws(DriverError) -> any VolumeBackend {
        let before = state.withLock { state in
            defer { if case .closed = state { state = .opening } }
            return state
        }
        switch before {
        case .open: return backend
        case .opening:
            throw DriverError(.unavailable, "tier '\(backend.tier)' is still starting; retry later")
        case .closed:
            do throws(DriverError) {
                try backend.start()
                state.withLock { $0 = .open }
                return backend
            } catch {
                state.withLock { $0 = .closed }
                throw error
            }
        }
    }
}
