import Host

/// The checks of the kernel, and of the rights of this process.
enum KernelChecks {
    /// Source: mount_setattr(2) is the newest call that the driver needs.
    private static let oldest = (major: 5, minor: 12)

    static func run() -> Examination {
        var examination = Examination("kernel")
        examineRelease(&examination)
        examine("openat2", HostFeatures.openat2(), &examination)
        examine("mount_setattr", HostFeatures.mountSetattr(), &examination)
        if case .unknown(let reason) = HostFeatures.loopControl() {
            examination.problem(
                "loop devices",
                reason,
                "modprobe loop, and run as root; in a container, mount the host's /dev"
            )
        } else {
            examination.good("loop devices", "/dev/loop-control answers")
            examine("LOOP_CONFIGURE", HostFeatures.loopConfigure(), &examination)
        }
        examineRights(&examination)
        return examination
    }

    private static func examineRelease(_ examination: inout Examination) {
        guard let release = HostFeatures.kernelRelease() else {
            return examination.problem("release", "unknown", "mount /proc")
        }
        let parts = release.utf8.split { !(0x30...0x39).contains($0) }.prefix(2)
            .compactMap { Int(Substring($0)) }
        if parts.count == 2, (parts[0], parts[1]) >= oldest {
            examination.good("release", release)
        } else {
            examination.problem(
                "release",
                "\(release) is older than \(oldest.major).\(oldest.minor)",
                "run a newer kernel"
            )
        }
    }

    private static func examine(
        _ name: String,
        _ finding: HostFeatures.Finding,
        _ examination: inout Examination
    ) {
        switch finding {
        case .present: examination.good(name, "there")
        case .absent: examination.problem(name, "the kernel does not have it", "run a newer kernel")
        case .unknown(let reason):
            examination.note(name, "cannot be tested: \(reason)", "run doctor as root")
        }
    }

    private static func examineRights(_ examination: inout Examination) {
        if HostFeatures.mayMount {
            examination.good("CAP_SYS_ADMIN", "held")
        } else {
            examination.problem(
                "CAP_SYS_ADMIN",
                "missing: the driver cannot mount anything",
                "run as root; in a container, privileged"
            )
        }
        if HostFeatures.mayGrowMountedExt4 {
            examination.good("CAP_SYS_RESOURCE", "held")
        } else {
            examination.note(
                "CAP_SYS_RESOURCE",
                "missing: ext4 grows only at the next mount, not while it is mounted",
                "give the driver that capability to grow ext4 online"
            )
        }
    }
}
