import DeviceMapper
import DriverCore
import Testing

@testable import BackendLVM

@Suite(.timeLimit(.minutes(5))) struct VolumeGroupMetadataTests {
    @Test func `reads what a group says of itself and its disks`() throws {
        let group = try Sample.mixed.metadata
        #expect(group.name == "vg")
        #expect(group.id == "dGqL1e-z0JO-ft0z-C2rj-m2UM-kMhJ-elfcP6")
        #expect(group.sequenceNumber == 31)
        #expect(group.extentSize == .mebibytes(1))
        #expect(group.status == ["RESIZEABLE", "READ", "WRITE"])
        #expect(group.tags == ["hello"])
        #expect(group.lockType == nil && group.systemID == nil)
        #expect(group.physicalVolumes.map(\.name) == ["pv0", "pv1", "pv2", "pv3", "pv4"])
        let first = try #require(group.physicalVolumes.first)
        #expect(first.id == "vpyCwI-4iw0-SOQF-lEuc-ygwp-TNDn-RwloxX")
        #expect(first.deviceHint == "/dev/loop0")
        #expect(first.extentCount == 63 && first.firstExtentSector == 2048)
        #expect(first.deviceSize == .mebibytes(64))
        #expect(first.isUsable && !first.isMissing)
        #expect(!group.physicalVolumes[1].isAllocatable)
    }

    @Test func `reads volumes with their tags, status and time`() throws {
        let group = try Sample.mixed.metadata
        let name = "v1-5f31ea1eeedf8b10-3a6eb0790f39ac87c94f3856b2dd2c5d"
        let volume = try #require(group.logicalVolumes[name])
        #expect(volume.id == "vcLOUD-T7IA-UumF-fZ9O-My59-SDuw-UZnJkS")
        #expect(volume.tags == ["cairn", "cairn.state=creating", "cairn.name=pvc-1:a/b"])
        #expect(volume.created == 1_795_381_323)
        #expect(volume.status.contains("WRITE") && !volume.isSkippedByActivation)
        #expect(volume.extents == 4 && group.size(of: volume) == .mebibytes(4))
        #expect(
            group.deviceUUID(of: volume)
                == "LVM-dGqL1ez0JOft0zC2rjm2UMkMhJelfcP6vcLOUDT7IAUumFfZ9OMy59SDuwUZnJkS"
        )
        #expect(group.deviceUUID(of: volume, layer: .real).hasSuffix("UZnJkS-real"))
    }

    @Test func `reads linear and striped segments`() throws {
        let volumes = try Sample.mixed.metadata.logicalVolumes
        let linear = try #require(volumes["linear"]?.segments.first)
        #expect(linear.kind == .striped(stripeSizeSectors: 0))
        #expect(linear.areas == [Segment.Area(holder: "pv0", start: 0)])
        let striped = try #require(volumes["striped"]?.segments.first)
        #expect(striped.kind == .striped(stripeSizeSectors: 128))
        #expect(striped.areas.map(\.holder) == ["pv0", "pv1"])
        #expect(striped.areas.map(\.start) == [4, 0])
        #expect(striped.extents == 6 && striped.extentsPerArea == 3)
    }

    @Test func `reads thin pools and their volumes`() throws {
        let group = try Sample.mixed.metadata
        let pool = try #require(group.logicalVolumes["pool"])
        #expect(
            pool.thinPool
                == ThinPool(
                    data: "pool_tdata",
                    metadata: "pool_tmeta",
                    transactionID: 3,
                    chunkSectors: 128,
                    zeroesNewBlocks: true,
                    discards: "passdown",
                    hasMessages: false
                )
        )
        #expect(!pool.flags.contains("ERROR_WHEN_FULL"))
        let names = group.thinVolumes(ofPool: "pool").map(\.name).sorted()
        #expect(names == ["thin1", "thinsnap", "thinsnap2"])
        #expect(group.logicalVolumes["thinsnap"]?.thin?.origin == "thin1")
        #expect(group.logicalVolumes["thin1"]?.thin?.deviceID == 1)
        #expect(group.logicalVolumes["thinsnap"]?.isSkippedByActivation == true)
        #expect(group.logicalVolumes["thinsnap2"]?.status.contains("WRITE") == false)
        let disks = group.disks(beneath: "thinsnap2").map(\.name)
        #expect(disks == ["pv0", "pv4"])
    }

    @Test func `finds copy-on-write snapshots by the name that users know`() throws {
        let group = try Sample.mixed.metadata
        #expect(
            group.snapshots["snap"]
                == CopyOnWriteSnapshot(
                    origin: "linear",
                    store: "snap",
                    chunkSectors: 32,
                    isMerging: false
                )
        )
        #expect(Set(group.snapshots(of: "linear").map(\.store)) == ["snap", "snap2"])
        let hidden = group.logicalVolumes.values.filter { group.isHidden($0) }.map(\.name)
        #expect(
            Set(hidden) == ["snapshot0", "snapshot1", "lvol0_pmspare", "pool_tmeta", "pool_tdata"]
        )
    }

    @Test func `reads merging snapshots, external origins and volumes without areas`() throws {
        let group = try Sample.merging.metadata
        #expect(group.snapshots["cow"]?.isMerging == true)
        #expect(group.logicalVolumes["ext"]?.thin?.externalOrigin == "base")
        #expect(group.logicalVolumes["pool"]?.flags.contains("ERROR_WHEN_FULL") == true)
        #expect(group.logicalVolumes["err"]?.segments.first?.kind == .other(type: "error"))
        #expect(group.logicalVolumes["zer"]?.segments.first?.kind == .other(type: "zero"))
        #expect(group.disks(beneath: "ext").map(\.name) == ["pv0", "pv2"])
    }

    @Test func `reads the legs of every RAID type`() throws {
        let group = try Sample.raid.metadata
        let types = ["mirrored", "parity", "ten", "zero", "six"].map {
            group.logicalVolumes[$0]?.raid?.type
        }
        #expect(types == ["raid1", "raid5", "raid10", "raid0", "raid6"])
        let parity = try #require(group.logicalVolumes["parity"]?.raid)
        #expect(parity.stripeSizeSectors == 128 && parity.regionSizeSectors == 4096)
        #expect(
            parity.legs.first == RAID.Leg(metadata: "parity_rmeta_0", data: "parity_rimage_0")
        )
        #expect(parity.legs.count == 3)
        #expect(
            group.logicalVolumes["zero"]?.raid?.legs.map(\.metadata) == [nil, nil]
        )
        #expect(group.disks(beneath: "mirrored").map(\.name) == ["pv0", "pv1"])
        #expect(group.logicalVolumes["oldmirror"]?.segments.first?.kind == .mirror)
    }

    @Test(
        arguments: [
            ("mirrored", Layout(raid: .raid1)),
            ("parity", Layout(raid: .raid5, stripes: 2, stripeSize: .kibibytes(64))),
            ("ten", Layout(raid: .raid10, stripes: 2, stripeSize: .kibibytes(64))),
            ("zero", Layout(raid: .raid0, stripes: 2, stripeSize: .kibibytes(64))),
            ("six", Layout(raid: .raid6, stripes: 3, stripeSize: .kibibytes(64))),
            ("mirrored_rimage_0", .linear), ("oldmirror", nil),
        ] as [(String, Layout?)]
    )
    func `reads how a volume is laid out`(name: String, layout: Layout?) throws {
        let volume = try #require(try Sample.raid.metadata.logicalVolumes[name])
        #expect(volume.layout == layout)
    }

    @Test(arguments: ["err", "zer", "pool", "ext"])
    func `reads no layout where there is none`(name: String) throws {
        let volume = try #require(try Sample.merging.metadata.logicalVolumes[name])
        #expect(volume.layout == nil)
    }

    /// The numbers are those of `pvs -o pv_pe_count,pv_pe_alloc_count` for the same text.
    @Test(
        arguments: [
            (.mixed, [63 - 32, 62, 63, 63 - 2]),
            (.merging, [31 - 18, 31 - 3, 31 - 2]),
            (.missing, [63 - 31, 62, 63, 63 - 2]),
        ] as [(Sample, [Int])]
    )
    func `counts free extents as LVM does, on disks that may be used`(
        sample: Sample,
        free: [Int]
    ) throws {
        #expect(try sample.metadata.freeExtents().map(\.extents) == free)
    }

    @Test func `counts what RAID takes from each disk as LVM does`() throws {
        let used = ["pv0": 31, "pv1": 20, "pv2": 8, "pv3": 5, "pv4": 2]
        #expect(try Sample.raid.metadata.usedExtents() == used)
    }

    @Test func `knows a disk that LVM has noted as missing`() throws {
        let group = try Sample.missing.metadata
        #expect(group.physicalVolumes.filter(\.isMissing).map(\.name) == ["pv1"])
        #expect(!group.freeExtents().map(\.pv).contains("pv1"))
        #expect(group.disks(beneath: "striped").map(\.name) == ["pv0", "pv1"])
    }

    @Test func `turns extents to bytes and back without overflow`() throws {
        let group = try Sample.mixed.metadata
        #expect(group.size(ofExtents: .max) == ByteCount(.max))
        #expect(group.extents(holding: ByteCount(1)) == 1)
        #expect(group.extents(holding: .mebibytes(3)) == 3)
        #expect(group.extents(holding: .zero) == 0)
    }
}
