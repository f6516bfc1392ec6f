import Host

/// Which of several devices that show the same label are different disks.
enum DistinctDevices {
    /// One path for each disk, in the order given: names of one device count once, and a device
    /// beneath another of them, such as a path of a multipath map or a leg of an md array, not at all.
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
