package import Backend
package import DriverCore
package import Logging
internal import Synchronization

/// All tiers of this node, and where an object lies among them.
///
/// A tier that cannot answer degrades only itself, with one exception that safety demands: "this
/// object does not exist" is said only when every tier has answered. One that hangs is waited for
/// once, as long as the patience; then it is one that cannot answer, until it does.
package final class Tiers: Sendable {
    let tiers: [Tier]
    /// Tiers that the tiers file does not name any more, each with its back end.
    private let left: [(tier: Tier, backend: FormerTier)]
    private let defaultName: String?
    let patience: Duration
    let logger: Logger

    /// `patience` is how long storage may take to answer, which must be less than a caller waits.
    package init(
        _ backends: [any VolumeBackend],
        former: [FormerTier] = [],
        default defaultName: String?,
        patience: Duration = .seconds(5),
        logger: Logger
    ) {
        tiers = backends.map { Tier($0, patience: patience) }
        left = former.map { (Tier($0, patience: patience), $0) }
        self.defaultName = defaultName
        self.patience = patience
        self.logger = logger
    }

    package var names: [String] { tiers.map(\.name) }

    /// The tiers that were taken out of the tiers file, and whose objects may still be there.
    var former: [Tier] { left.filter { !$0.backend.isServed }.map(\.tier) }

    /// All that have to be asked before an object is said not to exist.
    var all: [Tier] { tiers + former }

    /// The tier of a class that names none.
    package var defaultTier: String? { defaultName }

    /// Opens every tier, side by side; one that fails is logged and tried again when it is next
    /// needed, and one that hangs is left to go on by itself.
    package func start() {
        let end = ContinuousClock.now + patience
        let opened = answers(by: end) { [logger] (backend) throws(DriverError) in
            // Here, since it may come late.
            logger.info("tier is ready", metadata: ["tier": "\(backend.tier)"])
        }
        for (tier, answer) in opened {
            guard case .failure(let error) = answer else { continue }
            logger.error(
                "tier is unavailable",
                metadata: ["tier": "\(tier.name)", "error": "\(error)"]
            )
        }
        reportFormer()
    }

    /// Lets every tier compare its records, data, devices and mounts again.
    package func lookAgain() {
        let looks = answers(by: .now + patience) { (it) throws(DriverError) in
            try it.lookAgain()
        }
        for (tier, answer) in looks {
            guard case .failure(let error) = answer else { continue }
            logger.error(
                "cannot scan a tier",
                metadata: ["tier": "\(tier.name)", "error": "\(error)"]
            )
        }
    }

    /// Every volume that has a device, on the tiers that answer.
    package func attachedVolumes() -> [VolumeID] {
        answers(by: .now + patience) { (it) throws(DriverError) in try it.attachedVolumes() }
            .flatMap { (try? $0.answer.get()) ?? [] }
    }

    /// What all tiers together have set right, and could not explain.
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

    /// The tier that a StorageClass names, or the default one for nil; opened.
    package func tier(named name: String?) throws(DriverError) -> any VolumeBackend {
        try configured(name).open()
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

    /// The volumes of each tier that can be read, or why the tier cannot count them.
    package func countedVolumes() -> [(
        tier: String, volumes: Result<[CountedVolume], DriverError>
    )] {
        let count = {
            @Sendable (backend: any VolumeBackend) throws(DriverError) -> [CountedVolume] in
            try backend.countedVolumes()
        }
        if let tier = only {
            return [(tier.name, Result { () throws(DriverError) in try tier.ask(count) })]
        }
        return answers(by: .now + patience, to: count).map { ($0.tier.name, $0.answer) }
    }

    /// Asks a tier that ``tier(named:)`` gave, on this thread.
    package func ask<Answer>(
        _ backend: any VolumeBackend,
        _ question: (any VolumeBackend) throws(DriverError) -> Answer
    ) throws(DriverError) -> Answer {
        guard let tier = tiers.first(where: { $0.name == backend.tier }) else {
            return try question(backend)
        }
        return try tier.ask(question)
    }

    /// What each tier answers, in their order; throws where one cannot.
    package func askEach<Answer: Sendable>(
        _ question: @escaping @Sendable (any VolumeBackend) throws(DriverError) -> Answer
    ) throws(DriverError) -> [Answer] {
        if let tier = only { return [try tier.ask(question)] }
        var found: [Answer] = []
        for (_, answer) in answers(of: all, by: .now + patience, to: question) {
            found.append(try answer.get())
        }
        return found
    }

    /// The tier of a node that has one; who asks for it asks for its own storage, and may hang.
    var only: Tier? { tiers.count == 1 && former.isEmpty ? tiers.first : nil }

    /// What the tiers answer, asked side by side on threads of their own.
    func answers<Answer: Sendable>(
        of some: [Tier]? = nil,
        by end: ContinuousClock.Instant,
        to question: @escaping @Sendable (any VolumeBackend) throws(DriverError) -> Answer
    ) -> [(tier: Tier, answer: Result<Answer, DriverError>)] {
        let asked = (some ?? tiers).map { tier in
            (tier, Result { () throws(DriverError) in try tier.begin(question) })
        }
        return asked.map { tier, pending in
            let answer = Result { () throws(DriverError) in
                try tier.answer(to: try pending.get(), by: end)
            }
            return (tier, answer)
        }
    }

    /// Finishes a removal that failed after the volume had ceased to exist; OK where there was none.
    ///
    /// For a volume that no tier has: its files and its share of the space may be left.
    package func finishRemoval(of id: VolumeID) throws(DriverError) {
        // On this thread: what changes something ends before its key is given back.
        for tier in tiers { try tier.ask { (it) throws(DriverError) in try it.deleteVolume(id) } }
    }

    /// The same for a snapshot.
    package func finishRemoval(of id: SnapshotID) throws(DriverError) {
        for tier in tiers { try tier.ask { (it) throws(DriverError) in try it.deleteSnapshot(id) } }
    }

    /// The device of a volume, whichever tier it is of, by what the kernel alone knows.
    ///
    /// No storage is asked, so one that is away or hangs holds up nothing.
    package func device(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        for backend in holders(of: id) {
            if let device = try backend.device(of: id) { return device }
        }
        return nil
    }

    /// Ends the use of a volume's device, in the same way; OK where there is none.
    package func detach(_ id: VolumeID) throws(DriverError) {
        for backend in holders(of: id) { try backend.detach(id) }
    }

    /// Whether a tier had the volume when it last looked; a hint, from memory alone.
    package func remembers(_ id: VolumeID) -> Bool { tiers.contains { $0.backend.remembers(id) } }

    /// The tier that is known to have the volume; all of them where none is.
    private func holders(of id: VolumeID) -> [any VolumeBackend] {
        let knowing = all.filter { $0.backend.remembers(id) }
        return (knowing.isEmpty ? all : knowing).map(\.backend)
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
}
