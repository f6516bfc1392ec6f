import Backend
import DriverCore
import Testing

@testable import BackendLVM

/// The tags as they are on disks: a text that changes here strands somebody's volumes.
@Suite(.timeLimit(.minutes(5))) struct `Format of tags` {
    private static let volume = VolumeID(
        validated: "v1-dd56de4137951d9c-a116c9ed46d6207734a43317d30fd88f"
    )
    private static let snapshot = SnapshotID(
        validated: "s1-dd56de4137951d9c-378bfce5cda2599a6cda399f1cacef86"
    )

    /// Every fact that the first release writes of a volume, in the order in which LVM may give them.
    private static let volumeTags = [
        "cairn", "cairn.capability=0:SINGLE_NODE_WRITER:mount:ext4:noatime:data!3dordered",
        "cairn.capability=1:MULTI_NODE_READER_ONLY:block:", "cairn.contents=copied",
        "cairn.created=1795381121.000000042", "cairn.ephemeral=yes", "cairn.fs=ext4",
        "cairn.name=pvc-6f1d!201a!c3!a9", "cairn.namespace=shop",
        "cairn.parameter.csi.storage.k8s.io/fstype=ext4",
        "cairn.parameter.mkfsOptions=-m!200!20-K", "cairn.pv=pvc-6f1d1a0e", "cairn.pvc=data-0",
        "cairn.size=1073741824",
        "cairn.source=s1-dd56de4137951d9c-378bfce5cda2599a6cda399f1cacef86", "cairn.state=ready",
        "cairn.tier=fast",
    ]

    private static let volumeRecord = VolumeRecord(
        id: volume,
        name: "pvc-6f1d 1a\u{e9}",
        tier: "fast",
        size: .gibibytes(2),
        createdSize: .gibibytes(1),
        capabilities: [
            RecordedCapability(
                mode: "SINGLE_NODE_WRITER",
                isBlock: false,
                filesystem: "ext4",
                mountFlags: ["noatime", "data=ordered"]
            ),
            RecordedCapability(
                mode: "MULTI_NODE_READER_ONLY",
                isBlock: true,
                filesystem: "",
                mountFlags: []
            ),
        ],
        filesystem: .ext4,
        parameters: ["csi.storage.k8s.io/fstype": "ext4", "mkfsOptions": "-m 0 -K"],
        source: .snapshot(snapshot),
        created: Timestamp(seconds: 1_795_381_121, nanoseconds: 42),
        state: .ready,
        contents: .copied,
        isEphemeral: true,
        claim: ClaimNames(claim: "data-0", namespace: "shop", volume: "pvc-6f1d1a0e")
    )

    /// The fewest facts with which the first release makes a volume: a raw one without names.
    private static let plainTags = [
        "cairn", "cairn.contents=raw", "cairn.created=1.000000000", "cairn.name=a",
        "cairn.size=16777216", "cairn.state=ready", "cairn.tier=fast",
    ]

    private static let snapshotTags = [
        "cairn", "cairn.contents=formatted", "cairn.created=1795381122.999999999", "cairn.fs=xfs",
        "cairn.held=5242880", "cairn.name=cut", "cairn.parameter.a=b", "cairn.size=1073741824",
        "cairn.source=v1-dd56de4137951d9c-a116c9ed46d6207734a43317d30fd88f", "cairn.state=ready",
        "cairn.tier=fast",
    ]

    private static let snapshotRecord = SnapshotRecord(
        id: snapshot,
        name: "cut",
        tier: "fast",
        source: volume,
        size: .gibibytes(1),
        contents: .formatted,
        filesystem: .xfs,
        parameters: ["a": "b"],
        created: Timestamp(seconds: 1_795_381_122, nanoseconds: 999_999_999)
    )

    private func volume(_ texts: [String]) throws -> VolumeRecord {
        let tags = try #require(Tags(reading: texts))
        return try VolumeRecord(id: Self.volume, size: .gibibytes(2), tags: tags)
    }

    private func snapshot(_ texts: [String]) throws -> SnapshotRecord {
        try SnapshotRecord(id: Self.snapshot, tags: #require(Tags(reading: texts)))
    }

    @Test func `a volume is written as the first release writes it, and read`() throws {
        #expect(Self.volumeRecord.tags.texts == Self.volumeTags)
        #expect(try volume(Self.volumeTags) == Self.volumeRecord)
    }

    @Test func `a snapshot is written as the first release writes it, and read`() throws {
        #expect(Self.snapshotRecord.tags(held: .mebibytes(5)).texts == Self.snapshotTags)
        #expect(try snapshot(Self.snapshotTags) == Self.snapshotRecord)
    }

    @Test func `what is missing of the optional facts has its default`() throws {
        let record = try volume(Self.plainTags)
        #expect(record.filesystem == nil && record.source == nil && !record.isEphemeral)
        #expect(record.capabilities == [] && record.parameters == [:])
        #expect(record.claim == ClaimNames())
        #expect(record.tags.texts == Self.plainTags)
    }

    @Test(arguments: ["cairn.format=1", "cairn.format=1.0", "cairn.format=1.73"])
    func `a newer minor version is read, with facts that are not known`(format: String) throws {
        let newer = [format, "cairn.later=x:y", "cairn.parameters2=z", "site.owner=somebody"]
        #expect(try volume(newer + Self.volumeTags) == Self.volumeRecord)
        #expect(try snapshot(newer + Self.snapshotTags) == Self.snapshotRecord)
    }

    @Test(arguments: ["0", "2", "2.1", "10", "18446744073709551616", "", "one", "1x", "-1"])
    func `another major version is refused, and named`(format: String) {
        let tag = "cairn.format=\(format)"
        for attempt in [
            { _ = try volume(Self.volumeTags + [tag]) },
            { _ = try snapshot(Self.snapshotTags + [tag]) },
        ] {
            let error = #expect(throws: DriverError.self, performing: attempt)
            #expect(error?.message.contains("format") == true)
            if let number = Int(format.prefix { $0 != "." }), number >= 0 {
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains(format) == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test func `two versions are none`() {
        #expect(throws: DriverError.self) {
            try volume(Self.volumeTags + ["cairn.format=1", "cairn.format=2"])
        }
    }
}
