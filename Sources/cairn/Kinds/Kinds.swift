import Backend
import BackendLVM
import BackendLoop
import CSIServices
import Configuration
import DriverCore
import Host
import NodeStorage

/// The kinds of storage that this binary has, and what they have to say together of a node's tiers.
struct Kinds {
    /// In the order in which messages name them; a further kind is one row here.
    static let all: [any BackendKind.Type] = [LoopKind.self, LVMKind.self]

    private let tiers: [TierConfiguration]
    private let host: StorageHost
    private let kinds: [any BackendKind]

    init(of tiers: [TierConfiguration], on host: StorageHost) {
        self.tiers = tiers
        self.host = host
        kinds = Self.all.map { $0.init(tiers, on: host) }
    }

    /// The tiers with their backends, in their order.
    func backends() throws(DriverError) -> [(
        tier: TierConfiguration, backend: any VolumeBackend
    )] {
        var backends: [String: any VolumeBackend] = [:]
        for kind in kinds { backends.merge(try kind.backends()) { first, _ in first } }
        return tiers.compactMap { tier in backends[tier.name].map { (tier, $0) } }
    }

    func inspections() -> [String: any TierInspection] {
        kinds.reduce(into: [:]) { all, kind in
            all.merge(kind.inspections()) { first, _ in first }
        }
    }

    /// Tiers that have a record in the state directory, but are no longer in the tiers file.
    func former() -> [FormerTier] {
        do throws(DriverError) {
            let files = try host.stateFiles()
            return kinds.flatMap { $0.former(among: files) }
        } catch {
            let unknown = UnknownStorage(
                "storage",
                ofTier: "unknown",
                folder: host.stateFolder,
                name: UnknownStorage.folderItself,
                reason: error.message
            )
            return [FormerTier(unknown)]
        }
    }

    static func volume(ofDevice name: String) throws(DriverError) -> VolumeID? {
        for kind in all {
            if let id = try kind.volume(ofDevice: name) { return id }
        }
        return nil
    }

    static func devicesOfUnknownTiers() -> [VolumeID: [AttachedDevice]] {
        all.reduce(into: [:]) { all, kind in
            all.merge(kind.devicesOfUnknownTiers(), uniquingKeysWith: +)
        }
    }
}

extension Failpoint {
    /// Every failpoint of the binary.
    static let all =
        ofFiles + ofDevices + ofMounting + ofNodeService + Kinds.all.flatMap { $0.failpoints }
}
