import DriverCore
import Host

/// The proofs of which pool a tier has, without the pool itself.
///
/// As long as one of them does, a directory without that pool is a disk that is not mounted.
struct PoolProofs {
    let tier: String
    private let path: PoolPath
    /// The key `uuid` of the tiers file, which overrides the other proofs.
    private let configured: String?
    /// Whether the tiers file lets the driver make a pool in a plain directory.
    private let mayMakeInDirectory: Bool
    /// The record in the state directory.
    let kept: Result<PoolState?, DriverError>
    private let keptPath: String
    /// The UUID in the note next to the directory.
    let noted: String?

    init(tier: String, path: PoolPath, rules: PoolRules, noted: String?) {
        self.tier = tier
        self.path = path
        self.noted = noted
        configured = rules.uuid
        mayMakeInDirectory = rules.createsPool && !rules.requiresMountPoint
        let file = rules.stateFolder.map { PoolStateFile(folder: $0, tier: tier) }
        keptPath = file?.path ?? ""
        kept = Result { () throws(DriverError) in try file?.read() }
    }

    /// The record of a pool that exists; nil also where it cannot be read: see `kept`.
    private var keptState: PoolState? { state.flatMap { $0.makingOn == nil ? $0 : nil } }

    private var state: PoolState? { (try? kept.get()) ?? nil }

    /// An interrupted creation in this directory; nil where there is none.
    var unfinished: PoolState? {
        state.flatMap {
            $0.makingOn != nil && $0.directory.hasSameBytes(as: path.directory) ? $0 : nil
        }
    }

    /// The UUID of the pool that must be there; nil where there is no proof of one.
    var expected: String? { configured ?? keptState?.uuid ?? noted }

    /// Whether the state directory must record that this pool is at this place.
    func lacksState(_ uuid: String, _ shownPath: String) -> Bool {
        keptState?.uuid != uuid || keptState?.directory != path.directory
            || keptState?.shownPath != shownPath
    }

    /// Why a pool with this UUID is the wrong one, and what to do; nil where it is the right one.
    func objection(to found: String) -> (problem: String, advice: String)? {
        guard found != configured else { return nil }
        let others = [configured, keptState?.uuid, noted].compactMap(\.self)
        guard let expected = others.first(where: { $0 != found }) else { return nil }
        return (
            "it is pool \(found), not \(expected)",
            "mount the right disk; if this is the right disk, \(removal(except: found))"
        )
    }

    /// What to do about a missing pool.
    var advice: String {
        guard expected != nil else {
            return "mount the pool's disk there; if there never was a pool, make one with "
                + "'cairn pool create \(tier)'"
        }
        return
            "mount the pool's disk there; if the pool is lost for good, \(removal(except: nil)), "
            + "then make a new one with 'cairn pool create \(tier)'"
    }

    /// What to do where the tier's directory does not exist.
    var adviceForDirectory: String {
        guard expected == nil, mayMakeInDirectory else { return advice }
        return "create the directory: 'create: true' lets the driver make the pool in it"
    }

    /// How to remove every proof of a pool other than `uuid`.
    private func removal(except uuid: String?) -> String {
        var deeds: [String] = []
        if let configured, configured != uuid { deeds.append("change the tier's 'uuid'") }
        var files: [String] = []
        if let state = keptState, state.uuid != uuid { files.append(keptPath) }
        if let noted, noted != uuid { files.append(path.notePath) }
        if !files.isEmpty { deeds.append("remove " + files.joined(separator: " and ")) }
        return deeds.joined(separator: " and ")
    }
}
