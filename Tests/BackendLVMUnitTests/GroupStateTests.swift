import DriverCore
import Testing

@testable import BackendLVM

/// What LVM and lvm.conf say of a group, without LVM.
@Suite(.timeLimit(.minutes(5))) struct GroupStateTests {
    private func metadata(_ facts: String) throws -> VolumeGroupMetadata {
        let text = """
            contents = "Text Format Volume Group"
            version = 1
            vg {
            id = "dGqL1e-4iw0-SOQF-lEuc-ygwp-TNDn-RwloxX"
            seqno = 1
            extent_size = 8192
            \(facts)
            }
            """
        return try VolumeGroupMetadata(parsing: Array(text.utf8))
    }

    /// As LVM 2.03.16 writes them.
    @Test(arguments: [
        ("status = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\nflags = []", true),
        (
            "status = [\"RESIZEABLE\", \"READ\"]\nflags = [\"WRITE_LOCKED\"]\n"
                + "system_id = \"host\"", true
        ),
        ("status = [\"RESIZEABLE\", \"READ\"]\nflags = []", false),
    ])
    func `a group with a system ID is written to as one without`(facts: String, isWritable: Bool)
        throws
    {
        #expect(try metadata(facts).isWritable == isWritable)
    }

    @Test(
        arguments: [
            ("", nil, nil), ("volume_list=[\"other\",\"@x\"]", ["other", "@x"], nil),
            ("volume_list=\"vg\"", ["vg"], nil), ("volume_list=[]", [], nil),
            (
                "volume_list=[\"vg\"]\nauto_activation_volume_list=[\"root\"]\n", ["vg"],
                ["root"]
            ),
        ] as [(String, [String]?, [String]?)]
    )
    func `reads what lvm.conf lets LVM activate`(
        text: String,
        volumes: [String]?,
        automatic: [String]?
    ) throws {
        let filter = try ActivationFilter(parsing: text)
        #expect(filter.volumes == volumes && filter.automatic == automatic)
    }

    @Test(
        arguments: [
            (nil, true), ([], false), (["vg"], true), (["other"], false), (["vg/v1-a"], true),
            (["vg/v1-b"], false), (["@cairn"], true), (["@of-group"], true), (["@*"], true),
            (["@x", "vgx"], false),
        ] as [([String]?, Bool)]
    )
    func `knows as LVM does which volumes may be activated`(list: [String]?, isAdmitted: Bool)
        throws
    {
        let group = try metadata("tags = [\"of-group\"]")
        #expect(ActivationFilter.admits(list, "v1-a", tags: ["cairn"], in: group) == isAdmitted)
    }

    /// The largest groups in which LVM 2.03.16 made, snapshot and removed such volumes.
    @Test(
        arguments: [
            (72, nil), (67, .linear), (67, Layout(stripes: 2)), (52, Layout(raid: .raid1)),
        ] as [(Int, Layout?)]
    )
    func `the longest name of a group is the one that its volumes leave room for`(
        length: Int,
        layout: Layout?
    ) {
        func longest(_ group: String) -> Int { DeviceNames.longest(in: group, layout) }
        let name = String(repeating: "g", count: length)
        #expect(longest(name) <= DeviceNames.limit)
        #expect(longest(name + "g") > DeviceNames.limit)
        #expect(layout?.raid != nil || longest(name.dropLast() + "-") > DeviceNames.limit)
    }

    @Test func `finds the disks that LVM warns of and does not list`() {
        // As LVM 2.03.16 says it.
        let warnings = """
              WARNING: ignoring metadata seqno 4 on /dev/mapper/pv-2 for seqno 5 on /dev/sda for VG vg.
              WARNING: Inconsistent metadata found for VG vg.
              See vgck --updatemetadata to correct inconsistency.
              WARNING: outdated PV /dev/mapper/pv-2 seqno 4 has been removed in current VG vg seqno 5.
              WARNING: outdated PV /dev/sdx seqno 4 has been removed in current VG vg2 seqno 5.
              See vgck --updatemetadata to clear outdated metadata.
            """
        #expect(OutdatedDisks.devices(in: warnings, of: "vg") == ["/dev/mapper/pv-2"])
        #expect(OutdatedDisks.devices(in: "", of: "vg") == [])
    }
}
