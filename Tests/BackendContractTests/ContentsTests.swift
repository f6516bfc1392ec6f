import Backend
import DriverCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ContentsTests {
    /// In the order in which a volume passes through them.
    private static let order: [VolumeRecord.Contents] = [
        .blank, .formatting, .copied, .formatted, .raw,
    ]

    @Test(arguments: BackendKind.allCases)
    func `contents are durable and never go back to where mkfs may begin`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            let id = try storage.backend.create(volumeRecord("a")).id
            for (index, contents) in Self.order.enumerated() {
                for _ in 0..<2 { try storage.backend.setContents(contents, of: id) }
                for earlier in Self.order[..<index] {
                    let error = failure { try storage.backend.setContents(earlier, of: id) }
                    #expect(error.code == .conflict)
                }
                #expect(try storage.backend.volume(id)?.contents == contents)
                #expect(try storage.restart().volume(id)?.contents == contents)
            }
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a change of contents changes nothing else`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            var expected = try storage.backend.create(volumeRecord("a"))
            let other = try storage.backend.create(volumeRecord("b"))
            try storage.backend.create(snapshotRecord("s", of: "a"))
            let device = try storage.backend.attach(expected.id)
            try Bytes.write([7], to: device.path)
            expected.contents = .formatted
            try storage.backend.setContents(.formatted, of: expected.id)
            #expect(try storage.backend.volume(expected.id) == expected)
            #expect(try storage.backend.volume(other.id) == other)
            #expect(try storage.backend.snapshots() == [snapshotRecord("s", of: "a")])
            #expect(try storage.backend.attachment(of: expected.id) == device)
            #expect(try Bytes.read(device.path, count: 1) == [7])
            try storage.backend.detach(expected.id)
            let missing = failure {
                try storage.backend.setContents(.formatted, of: volumeID("missing"))
            }
            #expect(missing.code == .notFound)
        }
    }
}
