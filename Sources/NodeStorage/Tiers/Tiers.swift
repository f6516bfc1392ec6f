package import Backend
package import DriverCore
package import Logging
internal import Synchronization

/// All tiers of this node, and the search for an object in them.
///
/// A tier that cannot answer degrades only itself, with one exception that safety demands: "this
/// object does not exist" is said only when every tier has answered. One that hangs is waited for
/// once, as long as the patience; then it is one that cannot answer, until it does.
package final class Tiers: Sendable {
    let tiers: [Tier]
    /// Tiers that are no longer in the tiers file.
    private let left: [(tier: Tier, backend: FormerTier)]
    private let defaultName: String?
    let logger: Logger

    package init(
        _ tiers: [Tier],
        former: [FormerTier] = [],
        default defaultName: String?,
        logger: Logger
    ) {
        self.tiers = tiers
        left = former.map { former in
            (Tier(named: former.tier, over: former, defaultFilesystem: .ext4), former)
        }
        self.defaultName = defaultName
        self.logger = logger
    }

    package var names: [String] { tiers.map(\.name) }

    /// Tiers that are no longer in the tiers file and may still have volumes.
    var former: [Tier] { left.filter { !$0.backend.isServed }.map(\.tier) }

    /// All tiers that must be searched before an object counts as absent.
    var all: [Tier] { tiers + former }

    /// The tier of a class that names none.
    package var defaultTier: String? { defaultName }

    /// Opens all tiers concurrently.
    ///
    /// One that fails is logged and tried again when it is needed; one that hangs continues in its
    /// own thread.
    package func start() {
        let opened = answers { [logger] (tier, _) in
            // Here, since it may come late.
            logger.info("tier is ready", metadata: ["tier": "\(tier.name)"])
        }
        for (tier, answer) in opened {
            guard case .failure(let error) = answer else { continue }
            logger.error(
                "tier is unavailable",
                metadata: ["tier": "\(tier.name)", "error": "\(error.messageWithCause)"]
            )
        }
        reportFormer()
    }

    /// Has every tier compare its records, data, devices and mounts again.
    package func rescan() {
        let scans = answers { (_, it) throws(DriverError) in try it.rescan() }
        for (tier, answer) in scans {
            guard case .failure(let error) = answer else { continue }
            logger.error(
                "cannot scan a tier",
                metadata: ["tier": "\(tier.name)", "error": "\(error.messageWithCause)"]
            )
        }
    }

    /// All volumes with a device, on the tiers that answer.
    package func attachedVolumes() -> [VolumeID] {
        answers { (_, it) throws(DriverError) in try it.attachedVolumes() }
            .flatMap { (try? $0.answer.get()) ?? [] }
    }

    /// What all tiers together have repaired and could not explain.
    package var repairs: RepairFigures {
        var sum = RepairFigures()
        for repairs in tiers.map(\.backend.repairs) {
            sum.looks += repairs.looks
            sum.removed += repairs.removed
            sum.thawed += repairs.thawed
            sum.resumed += repairs.resumed
            sum.detached += repairs.detached
            sum.unexplained.merge(repairs.unexplained, uniquingKeysWith: +)
        }
        return sum
    }

    /// The tier with that name, or the default tier for nil, with its storage opened.
    package func tier(named name: String?) throws(DriverError) -> Tier {
        let tier = try configured(name)
        try tier.open()
        return tier
    }

    /// Throws as ``tier(named:)`` does where this node has no such tier; never blocks.
    ///
    /// That is `outOfSpace`: a class is for the whole cluster, and another node may have the tier.
    package func checkConfigured(_ name: String?) throws(DriverError) { _ = try configured(name) }

    private func configured(_ name: String?) throws(DriverError) -> Tier {
        let names = names.joined(separator: ", ")
        guard let wanted = name ?? defaultName else {
            throw DriverError(
                .outOfSpace,
                "this node has no default tier; set the StorageClass parameter 'tier' to one of: "
                    + names
            )
        }
        guard !wanted.isEmpty else {
            throw DriverError(.invalidRequest, "parameter 'tier' is empty; the tiers are: \(names)")
        }
        guard let tier = tiers.first(where: { $0.name == wanted }) else {
            throw DriverError(
                .outOfSpace,
                "tier '\(wanted.shortened(toBytes: 64))' is not configured on this node; the tiers are: \(names)"
            )
        }
        return tier
    }

    /// The volumes of each tier that can be read, or the error of a tier that cannot count them.
    package func countedVolumes() -> [(
        tier: String, volumes: Result<[CountedVolume], DriverError>
    )] {
        if let tier = only {
            let count = Result { () throws(DriverError) in
                try tier.read { (it) throws(DriverError) in try it.countedVolumes() }
            }
            return [(tier.name, count)]
        }
        return answers { (_, it) throws(DriverError) in try it.countedVolumes() }
            .map { ($0.tier.name, $0.answer) }
    }

    /// The results of all tiers, in their order; throws where one fails.
    package func readEach<Answer: Sendable>(
        _ question: @escaping @Sendable (any VolumeBackend) throws(DriverError) -> Answer
    ) throws(DriverError) -> [Answer] {
        if let tier = only { return [try tier.read(question)] }
        var found: [Answer] = []
        let answers = answers(of: all) { (_, it) throws(DriverError) in try question(it) }
        for (_, answer) in answers { found.append(try answer.get()) }
        return found
    }

    /// The only tier of a node that has one.
    ///
    /// A caller reads its own storage then, and may hang with it.
    var only: Tier? { tiers.count == 1 && former.isEmpty ? tiers.first : nil }

    /// The results that the tiers give within their patience, each read on its own thread.
    func answers<Answer: Sendable>(
        of some: [Tier]? = nil,
        to question: @escaping @Sendable (Tier, any VolumeBackend) throws(DriverError) -> Answer
    ) -> [(tier: Tier, answer: Result<Answer, DriverError>)] {
        let asked = (some ?? tiers).map { tier in
            let read = Result { () throws(DriverError) in
                try tier.begin { (it) throws(DriverError) in try question(tier, it) }
            }
            return (tier, read)
        }
        return asked.map { tier, read in
            let answer = Result { () throws(DriverError) in
                try tier.answer(to: try read.get())
            }
            return (tier, answer)
        }
    }

    /// Finishes a removal that failed after the volume had ceased to exist; does nothing where
    /// there is none.
    ///
    /// For a volume that no tier has: its files and its share of the space may be left.
    package func finishRemoval(of id: VolumeID) throws(DriverError) {
        // On this thread: what changes something ends before its key is given back.
        for tier in tiers {
            try tier.change { (it) throws(DriverError) in try it.deleteVolume(id) }
        }
    }

    /// The same for a snapshot.
    package func finishRemoval(of id: SnapshotID) throws(DriverError) {
        for tier in tiers {
            try tier.change { (it) throws(DriverError) in try it.deleteSnapshot(id) }
        }
    }

    /// Whether a tier had the volume at its last scan; a hint, from memory.
    package func remembers(_ id: VolumeID) -> Bool { tiers.contains { $0.remembers(id) } }

    /// The volume behind a block device, as the kernel's names tell; nil for the devices of others.
    func volume(ofDevice name: String) throws(DriverError) -> VolumeID? {
        for tier in tiers {
            if let id = try tier.backend.volume(ofDevice: name) { return id }
        }
        return nil
    }

    /// The tiers that had the volume at their last scan; all tiers where none had it.
    func holders(of id: VolumeID) -> [Tier] {
        let knowing = all.filter { $0.remembers(id) }
        return knowing.isEmpty ? all : knowing
    }

    /// A volume and its tier.
    package struct LocatedVolume: Sendable {
        package let tier: Tier
        package let record: VolumeRecord
    }

    /// A snapshot and its tier.
    package struct LocatedSnapshot: Sendable {
        package let tier: Tier
        package let record: SnapshotRecord
    }
}
