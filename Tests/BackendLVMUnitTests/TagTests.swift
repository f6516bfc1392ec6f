import Backend
import DriverCore
import Testing

@testable import BackendLVM

@Suite(.timeLimit(.minutes(5)))
struct `Tags of logical volumes` {
    private static let odd = "pvc \u{1F4A9}=\u{301}:\u{301},\u{200D}!&#\"'\\/%\n-"

    private func record() throws -> VolumeRecord {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        return VolumeRecord(
            id: VolumeID(nodeDigest: digest, nameDigest: digest),
            name: Self.odd,
            tier: "fast",
            size: .gibibytes(2),
            createdSize: .gibibytes(1),
            capabilities: [
                RecordedCapability(
                    mode: "SINGLE_NODE_WRITER",
                    isBlock: false,
                    filesystem: "",
                    mountFlags: ["noatime", "data=ordered", "a:b,c", ""]
                ),
                RecordedCapability(
                    mode: "MULTI_NODE_READER_ONLY",
                    isBlock: true,
                    filesystem: "",
                    mountFlags: []
                ),
            ],
            filesystem: .xfs,
            parameters: ["mkfsOptions": "-m reflink=1 -K", Self.odd: Self.odd, "empty": ""],
            source: .snapshot(SnapshotID(nodeDigest: digest, nameDigest: digest)),
            created: Timestamp(seconds: 1_795_381_121, nanoseconds: 42),
            state: .ready,
            contents: .copied,
            isEphemeral: true,
            claim: ClaimNames(claim: "data-0", namespace: "db", volume: nil)
        )
    }

    @Test func `a record is the same after a way through its tags`() throws {
        let record = try record()
        let tags = try #require(Tags(reading: record.tags.texts.shuffled()))
        #expect(try VolumeRecord(id: record.id, size: record.size, tags: tags) == record)
    }

    @Test func `facts whose names Unicode calls equivalent stay apart`() throws {
        let tags = ["cairn.\u{301}x=1", "cairn.\u{341}x=2"]
        let read = try #require(Tags(reading: ["cairn"] + tags))
        #expect(Set(read.texts.map { ByteKey($0) }) == Set((["cairn"] + tags).map { ByteKey($0) }))
    }

    @Test func `LVM accepts every character that is written`() throws {
        let letters = "abcdefghijklmnopqrstuvwxyz"
        let accepted = Set(letters + letters.uppercased() + "0123456789_+.-/=!:&#")
        for text in try record().tags.texts {
            #expect(Set(text).isSubset(of: accepted), "\(text)")
            #expect(text.first != "-")
        }
    }

    @Test func `a snapshot's record is the same after a way through its tags`() throws {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        let record = SnapshotRecord(
            id: SnapshotID(nodeDigest: digest, nameDigest: digest),
            name: Self.odd,
            tier: "fast",
            source: VolumeID(nodeDigest: digest, nameDigest: digest),
            size: .gibibytes(1),
            contents: .raw,
            filesystem: nil,
            created: Timestamp(seconds: 1, nanoseconds: 999_999_999)
        )
        let tags = try #require(Tags(reading: record.tags(held: .mebibytes(5)).texts))
        #expect(try SnapshotRecord(id: record.id, tags: tags) == record)
        #expect(tags.values(of: "held") == ["5242880"])
    }

    @Test func `what does not carry the mark is not ours`() throws {
        let texts = try record().tags.texts.filter { $0 != "cairn" }
        #expect(Tags(reading: texts) == nil)
        #expect(Tags(reading: ["cairns", "other"]) == nil)
    }

    @Test(arguments: [
        "cairn.name=", "cairn.size=", "cairn.state=", "cairn.contents=", "cairn.created=",
        "cairn.tier=",
    ])
    func `a record without one of its facts is refused, and the fact is named`(fact: String) throws
    {
        let record = try record()
        let texts = record.tags.texts.filter { !$0.hasPrefix(fact) }
        let tags = try #require(Tags(reading: texts))
        let error = #expect(throws: DriverError.self) {
            try VolumeRecord(id: record.id, size: record.size, tags: tags)
        }
        #expect(error?.message.contains(fact.dropLast()) == true)
    }

    @Test(arguments: [
        "cairn.name=a!2", "cairn.name=a!zz", "cairn.name=!ff", "cairn.size=x", "cairn.size=-1",
        "cairn.state=done",
        "cairn.created=1.2", "cairn.fs=zfs", "cairn.source=v1", "cairn.capability=A:disk:",
        "cairn.capability=A", "cairn.capability=0:\u{301}A:mount:", "cairn.size=\u{301}1",
    ])
    func `a damaged fact is refused`(tag: String) throws {
        let record = try record()
        let fact = tag.bytePrefix(before: "=")
        let texts = record.tags.texts.filter { !$0.hasBytePrefix(fact + "=") } + [tag]
        let tags = try #require(Tags(reading: texts))
        #expect(throws: DriverError.self) {
            try VolumeRecord(id: record.id, size: record.size, tags: tags)
        }
    }

    @Test func `a fact that stands twice is refused`() throws {
        let record = try record()
        let tags = try #require(Tags(reading: record.tags.texts + ["cairn.name=other"]))
        #expect(throws: DriverError.self) {
            try VolumeRecord(id: record.id, size: record.size, tags: tags)
        }
    }
}
