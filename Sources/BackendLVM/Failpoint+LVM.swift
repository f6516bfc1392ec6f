package import Host

/// The steps of an LVM tier.
///
/// Every operation passes the first two at each of its commands; the tests prove these in the guest,
/// as few hosts have device mapper.
extension Failpoint {
    /// The steps that change a volume group.
    package static let ofLVM: [Failpoint] = [
        .lvmCommandNext, .lvmCommandDone, .lvmDeviceFound,
    ]

    /// The turn to change the group has come; the LVM command is not started yet.
    package static let lvmCommandNext = Failpoint("lvm.command-next")

    /// The LVM command has ended; the driver has not read its result.
    package static let lvmCommandDone = Failpoint("lvm.command-done")

    /// The kernel has the device of a volume; nobody has used it.
    package static let lvmDeviceFound = Failpoint("lvm.device-found")
}
