import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// Disks of other groups, which must not matter to ours.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct ForeignDiskTests {
    @Test
    func `a command goes on while a disk of another group hangs`() throws {
        try withTemporaryFolder { folder in
            let foreign = try folder.makeVolumeGroup()
            let group = try folder.makeVolumeGroup(disks: 2)
            let devices = group.disks.map(\.path)
            try foreign.disks[0].suspend()
            let create = ["--size", "16m", "--name", "a", group.name]
            try LVMCommand("lvcreate", devices: devices, create).succeed(deadline: .seconds(120))
            let report = try LVMReport.command(
                "lvs",
                devices: devices,
                columns: ["lv_name", "lv_size"],
                of: [group.name]
            ).report(deadline: .seconds(120))
            #expect(report.rows == [["lv_name": "a", "lv_size": "\(16 << 20)"]])
            try LVMCommand("lvremove", devices: devices, ["\(group.name)/a"])
                .succeed(deadline: .seconds(120))
            try foreign.disks[0].resume()
        }
    }

    @Test
    func `what LVM says about room is understood`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(disks: 2, diskSize: .mebibytes(64))
            let devices = group.disks.map(\.path)
            func complaint(_ options: [String]) throws -> LVMComplaint {
                let arguments = options + ["--name", "a", group.name]
                let output = try LVMCommand("lvcreate", devices: devices, arguments)
                    .run(deadline: .seconds(120))
                #expect(output.exitCode != 0)
                return LVMComplaint(output)
            }
            #expect(try complaint(["--size", "1g"]).kind == .noSpace)
            #expect(try complaint(["--size", "16m", "--stripes", "3"]).kind == .noSpace)
            #expect(try complaint(["--size", "16m", "--type", "raid5"]).kind == .noSpace)
            #expect(try complaint(["--size", "80m", "--type", "raid1"]).kind == .noSpace)
            #expect(try complaint(["--size", "16m", "--type", "nonsense"]).kind == .other)
        }
    }
}
