package import Host

extension HostProgram {
    package static let lvm = HostProgram("lvm", in: "lvm2")
    package static let dmsetup = HostProgram("dmsetup", in: "dmsetup")
    /// LVM runs it; the driver only checks that it is installed.
    package static let thinCheck = HostProgram("thin_check", in: "thin-provisioning-tools")

    /// Those of this target.
    package static let ofLVM: [HostProgram] = [.lvm, .dmsetup, .thinCheck]
}
