package import DriverCore

/// Disks and volume groups of the guest that go away with a test's folder.
extension TemporaryFolder {
    package func makeDisk(size: ByteCount = .gibibytes(2)) throws(DriverError) -> GuestDisk {
        let disk = try GuestDisk(size: size)
        onCleanup { disk.remove() }
        return disk
    }

    /// A volume group on that many new disks.
    package func makeVolumeGroup(
        disks count: Int = 1,
        diskSize: ByteCount = .gibibytes(2),
        arguments: [String] = []
    ) throws(DriverError) -> VolumeGroup {
        var disks: [GuestDisk] = []
        for _ in 0..<count { disks.append(try makeDisk(size: diskSize)) }
        let group = try VolumeGroup(on: disks, arguments: arguments)
        onCleanup { group.remove() }
        return group
    }
}
