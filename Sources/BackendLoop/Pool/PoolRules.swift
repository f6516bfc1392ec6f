/// What the tiers file and the flags require of a tier's pool.
package struct PoolRules: Sendable, Hashable {
    /// Whether the driver may create a pool in an empty directory, where there is no proof of one.
    package var createsPool = false
    /// Whether the directory must be the root of a mounted file system.
    package var requiresMountPoint = false
    /// The UUID of the pool that must be there; nil for any pool of the tier.
    package var uuid: String?
    /// Whether the pool may be on tmpfs, or in the layer of a container.
    package var isVolatile = false
    /// The directory of the host that records the pools; nil where nothing is recorded.
    package var stateFolder: String?

    package init() {}
}
