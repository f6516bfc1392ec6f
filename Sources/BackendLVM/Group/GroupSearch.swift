import DriverCore
import Host

/// Finds the disks of a group through LVM, and the reason where LVM finds none.
struct GroupSearch: Sendable {
    let group: String

    private static let columns = ["pv_name", "vg_name", "pv_uuid"]
    /// LVM reports clones, and groups of other hosts, only with these options.
    private static let everything = ["--all", "--foreign"]

    /// Every device that claims to be of the group, clones and outdated disks too; throws
    /// `unavailable` where there is none.
    func devices() throws(DriverError) -> [String] {
        let output = try output(ignoring: nil)
        let named = try Self.rows(output).filter { $0.group == group }.map(\.device)
        let devices = try exceptTenants(
            named + OutdatedDisks.devices(in: output.standardError, of: group)
        )
        guard !devices.isEmpty else { throw try absence() }
        return devices
    }

    /// Those of the disks that this host has and LVM is configured not to use, with the reason.
    func hidden(_ ids: Set<String>) -> [String: String] {
        var hidden: [String: String] = [:]
        for setting in Setting.allCases {
            // A failure tells nothing, and the disk stays one that is away.
            guard let output = try? output(ignoring: setting), let rows = try? Self.rows(output)
            else { continue }
            for row in rows where ids.contains(row.id) && hidden[row.id] == nil {
                hidden[row.id] = setting.reason(for: row.device)
            }
        }
        return hidden
    }

    /// The error that says why LVM shows no disk of the group.
    private func absence() throws(DriverError) -> DriverError {
        for setting in Setting.allCases {
            let rows = try Self.rows(try output(ignoring: setting))
            guard let row = rows.first(where: { $0.group == group }) else { continue }
            return DriverError(
                .unavailable,
                "LVM does not use the disks of volume group \(group): \(setting.reason(for: row.device))"
            )
        }
        return DriverError(
            .unavailable,
            "this node has no volume group \(group): bring its disks back, or correct "
                + "'volumeGroup' in the tiers file; if the group never existed, make it on blank "
                + "disks (cairn pool create)"
        )
    }

    private func output(ignoring setting: Setting?) throws(DriverError) -> CommandOutput {
        let command = LVMReport.command(
            "pvs",
            settings: setting?.override,
            columns: Self.columns,
            of: Self.everything
        )
        return try command.successfulOutput(deadline: VolumeGroup.searchLimit)
    }

    private static func rows(_ output: CommandOutput) throws(DriverError)
        -> [(device: String, group: String, id: String)]
    {
        try LVMReport(parsing: output.standardOutput).rows.compactMap { row in
            // LVM says "[unknown]" for a disk that is not there.
            guard let device = row["pv_name"], device.hasBytePrefix("/"), let id = row["pv_uuid"],
                !id.isEmpty
            else { return nil }
            return (device, row["vg_name"] ?? "", id)
        }
    }

    /// The devices without those of raw block volumes: a pod can write a label of LVM to its
    /// volume.
    private func exceptTenants(_ devices: [String]) throws(DriverError) -> [String] {
        let tenants = try LoopDevices.volumePaths()
        return devices.filter { !tenants.contains($0) }
    }
}

extension GroupSearch {
    /// The settings of the host that hide a disk from LVM, in the order in which they are checked.
    private enum Setting: CaseIterable {
        case devicesFile, filters

        /// The LVM settings that switch it off.
        var override: String {
            switch self {
            case .devicesFile: "devices { use_devicesfile=0 }"
            case .filters:
                "devices { use_devicesfile=0 global_filter=[\"a|.*|\"] filter=[\"a|.*|\"] }"
            }
        }

        func reason(for device: String) -> String {
            switch self {
            case .devicesFile:
                "\(device) is not in LVM's devices file; run lvmdevices --adddev \(device)"
            case .filters:
                "'filter' or 'global_filter' in lvm.conf rejects \(device); correct them"
            }
        }
    }
}

/// Disks that LVM warns of and leaves out of its reports.
enum OutdatedDisks {
    /// The devices that claim to be of a group which no longer knows them.
    ///
    /// `WARNING: outdated PV /dev/sdb seqno 4 has been removed in current VG vg seqno 5.`
    /// Source: lib/metadata/metadata.c of LVM 2.03.16.
    static func devices(in warnings: String, of group: String) -> [String] {
        warnings.byteSplit(separator: "\n").compactMap { line in
            let words = line.byteWords.map(String.init)
            guard words.count >= 13, Array(words[0...2]) == ["WARNING:", "outdated", "PV"],
                Array(words[6...12]) == ["has", "been", "removed", "in", "current", "VG", group]
            else { return nil }
            return words[3]
        }
    }
}
