import Host

/// Decides which of several devices with the same label are different disks.
enum DistinctDevices {
    /// One path for each disk, in the order given.
    ///
    /// Several names of one device count once. A device beneath another of them does not count,
    /// such as a path of a multipath map or a leg of an md array.
    ///
    /// A device of which the kernel does not tell counts as a disk of its own: a doubt is no "no".
    static func among(_ devices: [String]) -> [String] {
        guard devices.count > 1 else { return devices }
        let numbered = devices.map { ($0, try? DeviceTree.number(of: $0)) }
        let beneath = numbered.compactMap(\.1).reduce(into: Set<UInt64>()) { found, number in
            found.formUnion((try? DeviceTree.beneath(number)) ?? [])
        }
        var seen: Set<UInt64> = []
        return numbered.compactMap { device, number in
            guard let number else { return device }
            return !beneath.contains(number) && seen.insert(number).inserted ? device : nil
        }
    }
}
