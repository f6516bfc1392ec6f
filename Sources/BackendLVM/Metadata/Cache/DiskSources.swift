import DriverCore

/// Where a ``GroupReader`` gets the devices to read.
struct DiskSources: Sendable {
    /// All devices that claim to be of the group, clones and old disks too.
    let find: @Sendable () throws(DriverError) -> [String]
    /// Of disks that ``find`` does not return, by their ids: those that this host has nevertheless,
    /// and why LVM does not use them.
    let hidden: @Sendable (Set<String>) -> [String: String]
    /// Of devices with the same label: one device for each disk.
    let distinct: @Sendable ([String]) -> [String]

    init(
        find: @escaping @Sendable () throws(DriverError) -> [String],
        hidden: @escaping @Sendable (Set<String>) -> [String: String] = { _ in [:] },
        distinct: @escaping @Sendable ([String]) -> [String] = DistinctDevices.among
    ) {
        self.find = find
        self.hidden = hidden
        self.distinct = distinct
    }
}
