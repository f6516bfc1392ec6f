import Backend
import DeviceMapper
import DriverCore
import Host

/// The parts of the host that the tier needs.
extension GroupSurvey {
    private static let deadline = Duration.seconds(10)

    mutating func examineHost() throws(DriverError) {
        try DeviceMapper.checkAvailable()
        good("device mapper", "the kernel's answers")
        let output = try LVMCommand("version", []).run(deadline: Self.deadline)
        let version = output.standardOutput.byteSplit(separator: "\n").first?.byteSplit(
            separator: ":"
        ).last
        let number = version.map { $0.byteWords.joined() } ?? "of no version"
        good("lvm", number)
        for type in neededTargets {
            guard try !DeviceMapper.hasTarget(type) else {
                good("module dm-\(type)", "there")
                continue
            }
            problem(
                .unavailable,
                "module dm-\(type)",
                "the kernel has no device mapper target '\(type)', and cannot load it",
                "modprobe dm-\(type) on the node; its kernel may need a package of more modules"
            )
        }
        if case .thin = backend.provisioning { examineCheck() }
    }

    private mutating func examineCheck() {
        do throws(DriverError) {
            _ = try HostCommand(.thinCheck, arguments: [])
            good("thin_check", "there")
        } catch {
            note("thin_check", "missing: LVM activates a pool without a check", error.message)
        }
    }

    /// The device-mapper targets that the tier needs; `linear` and `striped` are always there.
    private var neededTargets: [String] {
        switch backend.provisioning {
        case .thin: ["thin-pool"]
        case .thick(let options): ["snapshot"] + (options.layout.raid == nil ? [] : ["raid"])
        }
    }
}
