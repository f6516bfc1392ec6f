package import Backend
package import DriverCore
internal import Synchronization

/// Refuses new volumes above the limits of the node and of its tiers.
///
/// The records tell how many volumes there are, so that no crash can make the count wrong. Memory
/// holds only what is being made now, so that concurrent creates cannot share the last place.
package final class Admission: Sendable {
    /// A volume that counts against the limits of a tier.
    fileprivate struct Place {
        let volume: CountedVolume
        let tier: String
    }

    /// How many volumes a tier has, where only their number is known.
    fileprivate struct Count {
        var all = 0
        var inline = 0
    }

    private struct State {
        var nextTicket = 0
        /// The volumes that are being made, by the order of their requests.
        var making: [Int: Place] = [:]
        /// The last count of each tier that does not answer now.
        var lastCounts: [String: Count] = [:]
    }

    /// How many volumes of all kinds the node may have; zero means no limit.
    package let maximumVolumes: Int64
    private let policies: [String: TierPolicy]
    private let state = Mutex(State())

    /// `policies` by the names of the tiers; a tier without one allows no inline volumes.
    package init(maximumVolumes: Int64 = 0, policies: [String: TierPolicy] = [:]) {
        self.maximumVolumes = maximumVolumes
        self.policies = policies
    }

    package func policy(of tier: String) -> TierPolicy { policies[tier] ?? TierPolicy() }

    /// The limits of a tier's inline volumes; throws `invalidRequest` where it allows none.
    package func inlinePolicy(of tier: String) throws(DriverError) -> InlinePolicy {
        if let policy = policy(of: tier).inline { return policy }
        let open = policies.filter { $0.value.inline != nil }.keys.sorted()
        throw DriverError(
            .invalidRequest,
            "tier '\(tier.shortened(toBytes: 64))' is not open for inline volumes; "
                + (open.isEmpty
                    ? "no tier of this node is: open one in the tiers file with "
                        + "inline: {maxSize: 10Gi, maxVolumes: 50}"
                    : "use one of: \(open.joined(separator: ", "))")
        )
    }

    /// Makes a volume with `body` if the limits allow it; otherwise runs `undo` and throws
    /// `outOfSpace`.
    package func admitting<Result>(
        _ record: VolumeRecord,
        to tiers: Tiers,
        _ body: () throws(DriverError) -> Result,
        orUndoing undo: () throws(DriverError) -> Void
    ) throws(DriverError) -> Result {
        guard maximumVolumes > 0 || record.isEphemeral else { return try body() }
        let (ticket, earlier) = enter(record)
        // After the record exists: somebody who counts sees the volume here, or there, or twice by
        // one id, and never misses it.
        defer { state.withLock { _ = $0.making.removeValue(forKey: ticket) } }
        let counts = try counts(besides: record.id, earlier, in: tiers, needed: record.tier)
        do throws(DriverError) {
            try check(record, counts)
        } catch {
            throw error.afterUndoing(undo)
        }
        return try body()
    }

    /// Whether the node has as many volumes as it may have.
    package func isFull(_ tiers: Tiers) -> Bool {
        guard maximumVolumes > 0 else { return false }
        let making = state.withLock { Array($0.making.values) }
        // Without a tier that must answer, none can throw.
        let counts = try? counts(besides: nil, making, in: tiers, needed: nil)
        return (counts ?? [:]).values.reduce(0) { $0 + $1.all } >= maximumVolumes
    }

    /// Registers a request, and returns those before it: of two requests for the last place, the
    /// first one gets it.
    private func enter(_ record: VolumeRecord) -> (ticket: Int, earlier: [Place]) {
        let place = Place(volume: CountedVolume(record), tier: record.tier)
        return state.withLock { state in
            let earlier = Array(state.making.values)
            let ticket = state.nextTicket
            state.nextTicket += 1
            state.making[ticket] = place
            return (ticket, earlier)
        }
    }

    private func check(_ record: VolumeRecord, _ counts: [String: Count]) throws(DriverError) {
        let all = counts.values.reduce(0) { $0 + $1.all }
        guard maximumVolumes == 0 || all < maximumVolumes else {
            throw DriverError(
                .outOfSpace,
                "this node has \(all.counted("volume")), including inline volumes, and its limit is "
                    + "\(maximumVolumes) (--max-volumes)"
            )
        }
        guard record.isEphemeral else { return }
        let most = try inlinePolicy(of: record.tier).maximumVolumes
        let inline = counts[record.tier]?.inline ?? 0
        guard inline < most else {
            throw DriverError(
                .outOfSpace,
                "tier '\(record.tier)' has \(inline.counted("inline volume")), and its limit is \(most) "
                    + "(inline.maxVolumes of the tiers file)"
            )
        }
    }

    /// How many volumes each tier has or is making; throws where the tier `needed` does not answer.
    ///
    /// Another tier that does not answer counts as it last did: its disk must not stop every create.
    private func counts(
        besides id: VolumeID?,
        _ making: [Place],
        in tiers: Tiers,
        needed: String?
    ) throws(DriverError) -> [String: Count] {
        var places: [VolumeID: Place] = [:]
        for place in making { places[place.volume.id] = place }
        var counts: [String: Count] = [:]
        for (tier, answer) in tiers.countedVolumes() {
            switch answer {
            case .success(let volumes):
                for volume in volumes { places[volume.id] = Place(volume: volume, tier: tier) }
                remember(volumes, of: tier)
            case .failure(let error):
                if tier == needed { throw error }
                counts[tier] = state.withLock { $0.lastCounts[tier] }
            }
        }
        for place in places.values where place.volume.id != id {
            counts[place.tier, default: Count()].add(place.volume)
        }
        return counts
    }

    private func remember(_ volumes: [CountedVolume], of tier: String) {
        var count = Count()
        for volume in volumes { count.add(volume) }
        state.withLock { [count] in $0.lastCounts[tier] = count }
    }
}

extension Admission.Count {
    fileprivate mutating func add(_ volume: CountedVolume) {
        all += 1
        if volume.isEphemeral { inline += 1 }
    }
}
