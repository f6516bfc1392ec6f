import DriverCore
import Host
import Testing

@testable import BackendLVM

@Suite(.timeLimit(.minutes(5))) struct LVMCommandTests {
    @Test func `a command never asks and brings its settings`() {
        let vector = LVMCommand("lvremove", ["vg/v1-a"]).argumentVector
        #expect(vector.first == "lvremove")
        #expect(vector.last == "vg/v1-a")
        #expect(vector.contains("--yes"))
        let settings = vector.firstIndex(of: "--config").map { vector[$0 + 1] } ?? ""
        #expect(settings.contains("monitoring=0"))
        #expect(!settings.contains("lock"), "the host's locks are the host's")
    }

    @Test func `a command looks at the devices that it is given, or at all`() {
        let some = LVMCommand("lvremove", devices: ["/dev/sda", "/dev/sdb1"], ["vg/a"])
        #expect(some.argumentVector.suffix(3) == ["--devices", "/dev/sda,/dev/sdb1", "vg/a"])
        #expect(!LVMCommand("lvremove", ["vg/a"]).argumentVector.contains("--devices"))
    }

    @Test func `a report is asked for in bytes and as JSON`() {
        let vector = LVMReport.command("vgs", columns: ["vg_name", "vg_size"], of: ["vg"])
            .argumentVector
        #expect(vector.joined(separator: " ").contains("--reportformat json --units b --nosuffix"))
        #expect(vector.joined(separator: " ").hasSuffix("--options vg_name,vg_size vg"))
    }

    @Test func `a report is read`() throws {
        let report = try LVMReport(
            parsing: """
                  {
                      "report": [
                          {
                              "vg": [
                                  {"vg_name":"a", "vg_size":"1069547520"},
                                  {"vg_name":"b", "vg_size":""}
                              ]
                          }
                      ]
                  }
                """
        )
        #expect(report.rows.map { $0["vg_name"] } == ["a", "b"])
        #expect(report.rows.first?["vg_size"] == "1069547520")
        #expect(try LVMReport(parsing: #"{"report":[{"vg":[]}]}"#).rows.isEmpty)
    }

    @Test(arguments: ["", "{}", "[]", "Volume group \"vg\" not found", #"{"report":[{"vg":"#])
    func `what is no report is refused`(text: String) {
        let error = #expect(throws: DriverError.self) { try LVMReport(parsing: text) }
        #expect(error?.code == .hostFailure)
    }

    /// Messages of LVM 2.03.16.
    @Test(arguments: [
        (
            "  Volume group \"vg\" has insufficient free space (3 extents): 5 required.",
            DriverError.Code.outOfSpace
        ),
        (
            "  Insufficient suitable allocatable extents for logical volume v1-a: 8 more required",
            .outOfSpace
        ),
        ("  Number of stripes (4) must not exceed number of physical volumes (2)", .outOfSpace),
        ("  Insufficient free space: 6 extents needed, but only 3 available", .outOfSpace),
        (
            "  VG vg 1185 metadata on /dev/vda (522000 bytes) too large for circular buffer "
                + "(1048064 bytes with 521472 used)",
            .outOfSpace
        ),
        ("  Volume group \"vg\" not found\n  Cannot process volume group vg", .hostFailure),
        ("", .hostFailure),
        ("  device-mapper: suspend ioctl on  (253:1) failed: Invalid argument", .hostFailure),
    ])
    func `only what LVM says about room is believed`(said: String, code: DriverError.Code) {
        let output = CommandOutput(exitCode: 5, standardOutput: "", standardError: said)
        let error = LVMComplaint(output).error(of: "lvcreate")
        #expect(error.code == code)
        #expect(error.message.hasPrefix("lvcreate failed with exit code 5: "))
    }

    @Test func `a freeze of another program is told as what it is`() {
        let said = """
              WARNING: This metadata update is NOT backed up.
              device-mapper: suspend ioctl on  (253:5) failed: Device or resource busy
              Unable to suspend vg-v1--a (253:5)
            """
        let output = CommandOutput(exitCode: 5, standardOutput: "", standardError: said)
        let error = LVMComplaint(output).error(of: "lvcreate")
        #expect(error.code == .inUse)
        #expect(error.message.contains("fsfreeze -u"))
    }
}
