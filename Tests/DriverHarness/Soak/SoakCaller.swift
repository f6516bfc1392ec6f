import CSIMessages
import GRPCRuntime
package import Host

/// One of the callers of a soak: it makes random calls about volumes of its own, one at a time, and
/// compares each answer with what must be true.
package struct SoakCaller {
    let site: any SoakSite
    let ledger: SoakLedger
    let seed: UInt64
    package let number: Int
    let tier: SoakTier
    let journal: SoakJournal?
    /// Files are used on threads of their own: a write to what is frozen waits for the next start.
    let files: BlockingPool
    /// What is meant to be done to them stands here before the call, and what was done after it.
    package internal(set) var volumes: [SoakVolume] = [] { didSet { note() } }
    package internal(set) var snapshots: [Int: SoakSnapshot] = [:] { didSet { note() } }
    /// Counts what was made, so that no name comes twice.
    var made = 0
    /// The ids of volumes and snapshots whose delete was acknowledged.
    package internal(set) var deleted: [String] = []

    private let slots: Int

    package init(
        of site: any SoakSite,
        ledger: SoakLedger,
        seed: UInt64,
        number: Int,
        files: BlockingPool,
        slots: Int = 3,
        tier: SoakTier = SoakTier(),
        journal: SoakJournal? = nil
    ) {
        self.site = site
        self.ledger = ledger
        self.seed = seed
        self.number = number
        self.files = files
        self.slots = slots
        self.tier = tier
        self.journal = journal
        for _ in 0..<slots { volumes.append(freshVolume()) }
    }

    package mutating func run(until isOver: () -> Bool) async {
        var step = 0
        while !isOver() {
            var decisions = Decisions(seed: seed, caller: number, step: step)
            await take(&decisions)
            step += 1
        }
    }

    /// Makes a volume, mounts it and writes into it, so that there is something to lose.
    package mutating func begin() async {
        await create(0, from: 0, 5)
        await stage(0, 5)
        await publish(0, 5)
        await write(0)
    }

    private mutating func take(_ decisions: inout Decisions) async {
        let slot = Int.random(in: 0..<slots, using: &decisions)
        let other = Int.random(in: 0..<slots, using: &decisions)
        let patience = Int.random(in: 0..<4, using: &decisions)
        let choice = Int.random(in: 0..<100, using: &decisions)
        guard !volumes[slot].isDoomed else { return await delete(slot, patience) }
        switch choice {
        case 0..<16: await create(slot, from: other, patience)
        case 16..<22: await delete(slot, patience)
        case 22..<36: await stage(slot, patience)
        case 36..<50: await publish(slot, patience)
        case 50..<62: await write(slot)
        case 62..<70: await verify(slot)
        case 70..<75: await unpublish(slot, patience)
        case 75..<80: await unstage(slot, patience)
        case 80..<84: await expand(slot, patience)
        case 84..<91: await snapshot(slot, patience)
        case 91..<94: await deleteSnapshot(slot, patience)
        case 94..<97: await stats(slot)
        case 97: await capacity()
        default: await list()
        }
    }

    mutating func freshVolume() -> SoakVolume {
        made += 1
        return SoakVolume(name: "soak-\(seed)-\(number)-\(made)")
    }

    func target(of volume: SoakVolume) -> String { site.target(volume.name, of: volume.id) }

    /// How a call ended.
    enum Outcome<Answer> {
        case answered(Answer)
        case refused(StatusCode)
        /// Nobody knows whether it was done.
        case lost
    }

    /// Calls, and calls again as a sidecar would where the driver died or is busy.
    ///
    /// After `patience` repetitions it gives up, so that the next call meets whatever was left.
    func call<Request: CSIRequest>(
        _ request: Request,
        _ patience: Int,
        allowing codes: Set<StatusCode> = []
    ) async -> Outcome<Request.Response> {
        let name = Request.method.split(separator: "/").last.map(String.init) ?? Request.method
        for attempt in 0...patience {
            do throws(RPCFailure) {
                ledger.count(name)
                return .answered(try await site.call(request))
            } catch {
                // CANCELLED comes from the client itself: its channel is closed for the restart.
                if site.isRetried(error.code) {
                    ledger.countRetry()
                    // As a sidecar's back-off, only shorter.
                    try? await Task.sleep(for: .milliseconds(20 << min(attempt, 5)))
                    continue
                }
                if !codes.contains(error.code) { report("\(name): \(error); \(request)") }
                return .refused(error.code)
            }
        }
        return .lost
    }

    func report(_ what: String) {
        ledger.report("caller \(number): \(what)")
        journal?.report("caller \(number): \(what)")
    }

    private func note() {
        let notes = SoakNotes(volumes: volumes, snapshots: snapshots, made: made, deleted: deleted)
        journal?.write(notes, of: number)
    }
}
