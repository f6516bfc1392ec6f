/// What the tiers file and the flags demand of a tier's pool.
package struct PoolRules: Sendable, Hashable {
    /// Whether a pool is made of an empty directory where nothing says that one existed.
    package var createsPool = false
    /// Whether the directory has to be the root of a mounted file system.
    package var requiresMountPoint = false
    /// The UUID of the pool that has to be there; nil where any pool of the tier will do.
    package var uuid: String?
    /// Whether the pool may lie in memory, or in the layer of a container.
    package var isVolatile = false
    /// The folder of the host that keeps the UUIDs of the pools; nil where nothing is kept.
    package var stateFolder: String?

    package init() {}
}
