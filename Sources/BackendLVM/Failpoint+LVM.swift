package import Host

/// The steps of a tier of LVM.
///
/// Every operation passes the first two at each of its commands; the tests prove these in the guest,
/// as few hosts have device mapper.
extension Failpoint {
    /// In what changes a volume group.
    package static let ofLVM: [Failpoint] = [
        .lvmCommandNext, .lvmCommandDone, .lvmDeviceFound,
    ]

    /// The turn to change the group has come; the command of LVM was not started.
    package static let lvmCommandNext = Failpoint("lvm.command-next")

    /// The command of LVM has done its work; the driver does not know it yet.
    package static let lvmCommandDone = Failpoint("lvm.command-done")

    /// The kernel has the device of a volume; nobody has used it.
    package static let lvmDeviceFound = Failpoint("lvm.device-found")
}
