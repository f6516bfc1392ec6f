package import Backend
internal import CSIMessages
internal import CSIServing
package import DriverCore
internal import Host
package import Naming
package import NodeStorage

/// The Controller service over this node's own tiers; one file per RPC.
///
/// Each RPC is three short steps: read the request into checked values, decide, act. It is the act
/// alone that holds keys and runs on the blocking pool.
package struct LocalController: ControllerService {
    let identity: NodeIdentity
    let tiers: Tiers
    let operations: Operations
    /// What this node has staged and published; a volume in use is not deleted.
    let usage: VolumeUsageBook
    let admission: Admission
    /// What each kind of backend lets a StorageClass ask for.
    let kinds: [ClassParameters]
    /// The names that controllers have claimed on this node.
    let nameClaims: NameClaims
    let now: @Sendable () -> Timestamp
    /// How long a delete waits for the unstage of its volume.
    let unstagePatience: Duration

    package init(
        identity: NodeIdentity,
        tiers: Tiers,
        operations: Operations,
        usage: VolumeUsageBook,
        admission: Admission,
        unstagePatience: Duration,
        kinds: [ClassParameters],
        nameClaims: NameClaims,
        now: @escaping @Sendable () -> Timestamp = { WallClock.now() }
    ) {
        self.identity = identity
        self.tiers = tiers
        self.operations = operations
        self.usage = usage
        self.admission = admission
        self.unstagePatience = unstagePatience
        self.kinds = kinds
        self.nameClaims = nameClaims
        self.now = now
    }
}
