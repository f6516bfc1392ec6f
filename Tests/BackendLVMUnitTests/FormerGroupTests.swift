import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// The volume group of a tier that was taken out of the tiers file, or has another group now.
@Suite(.timeLimit(.minutes(1))) struct FormerGroupTests {
    private static let uuid = "dGqL1e-4iw0-SOQF-lEuc-ygwp-TNDn-RwloxX"
    private static let volume = VolumeID(
        validated: "v1-dd56de4137951d9c-a116c9ed46d6207734a43317d30fd88f"
    )
    private static let snapshot = SnapshotID(
        validated: "s1-dd56de4137951d9c-378bfce5cda2599a6cda399f1cacef86"
    )
    private static let absent = VolumeID(
        validated: "v1-dd56de4137951d9c-00000000000000000000000000000000"
    )

    /// A group with logical volumes of those names and tags.
    private static func metadata(_ volumes: [String: [String]], uuid: String = uuid) throws
        -> VolumeGroupMetadata
    {
        let texts = volumes.map { name, tags in
            """
            \(name) {
            id = "vpyCwI-4iw0-SOQF-lEuc-ygwp-TNDn-RwloxX"
            status = ["READ", "WRITE", "VISIBLE"]
            flags = []
            tags = [\(tags.map { "\"\($0)\"" }.joined(separator: ", "))]
            creation_time = 1795381121
            creation_host = "node"
            segment_count = 1
            segment1 {
            start_extent = 0
            extent_count = 1
            type = "error"
            }
            }
            """
        }
        let text = """
            contents = "Text Format Volume Group"
            version = 1
            vg {
            id = "\(uuid)"
            seqno = 1
            status = ["RESIZEABLE", "READ", "WRITE"]
            flags = []
            extent_size = 8192
            logical_volumes {
            \(texts.joined(separator: "\n"))
            }
            }
            """
        return try VolumeGroupMetadata(parsing: Array(text.utf8))
    }

    private static let ours = ["cairn", "cairn.tier=fast", "cairn.state=ready"]

    private func former(
        _ folder: TemporaryFolder,
        successor: String? = nil,
        _ read: @escaping @Sendable () throws(DriverError) -> VolumeGroupMetadata
    ) throws -> FormerTier {
        let state = GroupState(tier: "fast", uuid: Self.uuid, group: "vg")
        let file = GroupStateFile(
            folder: folder.path(of: "state"),
            tier: "fast",
            uuid: Self.uuid
        )
        try file.keep(state)
        return FormerTier(
            FormerGroup(
                state,
                in: file,
                group: VolumeGroup(named: "vg", tiers: []),
                successor: successor.map { VolumeGroup(named: $0, tiers: ["fast"]) },
                logger: quietLogger,
                read: read
            )
        )
    }

    private func expectUnavailable(_ words: String, _ body: () throws -> Void) {
        let error = #expect(throws: DriverError.self) { try body() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains(words) ?? false, "\(String(describing: error))")
    }

    @Test func `its volumes and snapshots are found, and those of others are not its own`() throws {
        let metadata = try Self.metadata([
            Self.volume.text: Self.ours, Self.snapshot.text: Self.ours, "admin": [],
            Self.absent.text: ["cairn", "cairn.tier=slow", "cairn.state=ready"],
        ])
        try withTemporaryFolder { folder in
            let tier = try former(folder) { metadata }
            expectUnavailable("volume group vg") { _ = try tier.volume(Self.volume) }
            expectUnavailable("volume group vg") { _ = try tier.snapshot(Self.snapshot) }
            #expect(try tier.volume(Self.absent) == nil)
            #expect(tier.health().problems.first?.found.contains("1 volume and 1 sn") == true)
        }
    }

    @Test(arguments: [
        ("renamed", ours), ("t1-dd56de4137951d9c-a116c9ed46d6207734a43317d30fd88f", ours),
        (volume.text, ["cairn"]),
    ])
    func `what may be an object of it keeps all from being absent or is one`(
        name: String,
        tags: [String]
    ) throws {
        let metadata = try Self.metadata([name: tags])
        try withTemporaryFolder { folder in
            let tier = try former(folder) { metadata }
            expectUnavailable("volume group vg") { _ = try tier.volume(Self.volume) }
        }
    }

    @Test func `another group of its name, and one that is away, tell nothing`() throws {
        let other = try Self.metadata([:], uuid: "BscJVL-bQzt-diDV-Ji6c-ZESI-1M4x-O2FBYT")
        try withTemporaryFolder { folder in
            let replaced = try former(folder) { other }
            let away = try former(folder) { () throws(DriverError) in
                throw DriverError(.unavailable, "there is no volume group vg")
            }
            for tier in [replaced, away] {
                expectUnavailable("group-fast.\(Self.uuid).json") {
                    _ = try tier.volume(Self.absent)
                }
                try tier.start()
            }
            // The word of a person.
            try Paths.remove(folder.path(of: "state/group-fast.\(Self.uuid).json"))
            #expect(try away.volume(Self.volume) == nil)
        }
    }

    @Test func `an empty one is forgotten, and one that the tier still has is not`() throws {
        let metadata = try Self.metadata([:])
        try withTemporaryFolder { folder in
            let served = try former(folder, successor: "vg") { metadata }
            #expect(served.isServed)
            try served.start()
            let moved = try former(folder, successor: "other") { metadata }
            #expect(!moved.isServed)
            #expect(Paths.exists(folder.path(of: "state/group-fast.\(Self.uuid).json")))
            try moved.start()
            #expect(!Paths.exists(folder.path(of: "state/group-fast.\(Self.uuid).json")))
        }
    }

    @Test func `the file keeps what a newer version wrote, and is found by its name`() throws {
        let text = """
            {"formatVersion": 1, "tier": "fast", "uuid": "\(Self.uuid)", "group": "old", "later": 7}
            """
        try withTemporaryFolder { folder in
            let path = try folder.makeFolder("state")
            try Bytes.write(text, to: "\(path)/group-fast.\(Self.uuid).json")
            try Bytes.write("{", to: "\(path)/group-slow.x.json")
            let file = GroupStateFile(folder: path, tier: "fast", uuid: Self.uuid)
            #expect(try file.read()?.group == "old")
            try file.keep(GroupState(tier: "fast", uuid: Self.uuid, group: "vg"))
            let kept = String(decoding: try Bytes.read(file.path), as: UTF8.self)
            #expect(kept.contains("\"group\" : \"vg\"") && kept.contains("\"later\" : 7"))

            let host = StorageHost(stateFolder: path, logger: quietLogger)
            let found = LVMKind([], on: host).former(among: try host.stateFiles())
            #expect(found.map(\.tier) == ["fast", "slow"])
            expectUnavailable("group-slow.x.json") { _ = try found[1].volume(Self.absent) }
        }
    }
}
