import DiskFormat
import DriverCore
import FoundationEssentials
import TestSupport
import Testing

@testable import NodeStorage

/// The notes of the use of volumes, which outlive the driver.
@Suite(.timeLimit(.minutes(5))) struct UsageNoteFileTests {
    private static let id = VolumeID(
        validated: "v1-dd56de4137951d9c-a116c9ed46d6207734a43317d30fd88f"
    )

    /// What the driver writes today, to the byte.
    private static let written = """
        {
          "formatVersion" : 1,
          "publications" : [
            {
              "access" : {
                "filesystem" : "xfs",
                "isBlock" : false,
                "mode" : "SINGLE_NODE_SINGLE_WRITER",
                "mountFlags" : [
                  "noatime"
                ]
              },
              "isReadOnly" : true,
              "mountedAt" : "/real/t",
              "target" : "/t"
            }
          ],
          "staging" : {
            "access" : {
              "isBlock" : false,
              "mode" : "SINGLE_NODE_WRITER",
              "mountFlags" : [

              ]
            },
            "mountedAt" : "/var/lib/kubelet/.plain.staged",
            "path" : "/var/lib/kubelet/.plain.staged"
          }
        }

        """

    /// A note that the first release wrote.
    private func sample(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return try Array(Data(contentsOf: folder.appending(path: "Samples/\(name).json")))
    }

    private func access(isBlock: Bool) -> UsageNote.UsedAccess {
        UsageNote.UsedAccess(mode: .writer, isBlock: isBlock, filesystem: nil, mountFlags: [])
    }

    @Test(arguments: [("usage-mounted", "plain", false), ("usage-block", "block", true)])
    func `a note of the first release is read`(file: String, name: String, isBlock: Bool) throws {
        let usage = try DiskFormat.decode(UsageNoteFile.self, from: sample(file)).usage
        let staging = "/var/lib/kubelet/.\(name).staged"
        let target = "/var/lib/kubelet/\(name)"
        let access = access(isBlock: isBlock)
        #expect(
            usage.staging == .init(path: staging, mountedAt: staging, access: access)
        )
        #expect(
            usage.publications == [
                .init(target: target, mountedAt: target, access: access, isReadOnly: false)
            ]
        )
    }

    @Test func `a note is written so, and read back`() throws {
        var usage = try DiskFormat.decode(UsageNoteFile.self, from: sample("usage-mounted")).usage
        usage.publications = [
            .init(
                target: "/t",
                mountedAt: "/real/t",
                access: .init(
                    mode: .singleWriter,
                    isBlock: false,
                    filesystem: .xfs,
                    mountFlags: ["noatime"]
                ),
                isReadOnly: true
            )
        ]
        let bytes = try DiskFormat.encode(UsageNoteFile(usage))
        #expect(try DiskFormat.decode(UsageNoteFile.self, from: bytes).usage == usage)
        #expect(String(decoding: bytes, as: UTF8.self) == Self.written)
    }

    @Test func `a removal that is pending is noted, and only that one`() throws {
        var usage = UsageNote(isRemovalPending: true)
        #expect(!usage.isEmpty)
        let bytes = try DiskFormat.encode(UsageNoteFile(usage))
        #expect(try DiskFormat.decode(UsageNoteFile.self, from: bytes).usage == usage)
        usage.isRemovalPending = false
        let text = String(decoding: try DiskFormat.encode(UsageNoteFile(usage)), as: UTF8.self)
        #expect(!text.contains("isRemovalPending"))
    }

    @Test func `a note that cannot be read is told and counts for nothing`() throws {
        try withTemporaryFolder { folder in
            let path = try folder.makeFolder("usage")
            try Bytes.write("{", to: "\(path)/\(Self.id).json")
            let book = try VolumeUsageBook(folder: path)
            #expect(book.unreadableNotes.keys.map(\.self) == [Self.id])
            #expect(book.usage(of: Self.id).isEmpty)
            try book.forget(Self.id)
            #expect(book.unreadableNotes.isEmpty)
            #expect(Paths.names(in: path).isEmpty)
        }
    }

    @Test func `the book keeps what a newer driver has noted`() throws {
        try withTemporaryFolder { folder in
            let path = try folder.makeFolder("usage")
            let note = "\(path)/\(Self.id).json"
            try Bytes.write(
                """
                {"formatVersion":1,"boot":"b","publications":[],
                 "staging":{"path":"/s","mountedAt":"/s","since":7,
                            "access":{"mode":"SINGLE_NODE_WRITER","isBlock":false,
                                      "mountFlags":[],"limits":{"iops":100}}}}
                """,
                to: note
            )
            let book = try VolumeUsageBook(folder: path)
            try book.update(Self.id) { usage in
                usage.publications = [
                    .init(
                        target: "/t",
                        mountedAt: "/t",
                        access: access(isBlock: false),
                        isReadOnly: false
                    )
                ]
            }
            let text = String(decoding: try Bytes.read(note), as: UTF8.self)
            for kept in [
                "\"boot\" : \"b\"", "\"since\" : 7", "\"iops\" : 100", "\"target\" : \"/t\"",
            ] {
                #expect(text.contains(kept))
            }
            #expect(try VolumeUsageBook(folder: path).usage(of: Self.id) == book.usage(of: Self.id))
        }
    }
}
