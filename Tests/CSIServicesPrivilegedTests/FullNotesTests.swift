import DriverCore
import TestSupport
import Testing

@testable import NodeStorage

/// The notes of the use of volumes, on a file system of their own that is full.
@Suite(.timeLimit(.minutes(5))) struct FullNotesTests {
    private static let id = VolumeID(
        validated: "v1-dd56de4137951d9c-a116c9ed46d6207734a43317d30fd88f"
    )

    @Test func `a full folder of the notes is named, and called no full pool`() throws {
        try withTemporaryFolder { folder in
            let notes = try folder.mountMemory("notes", size: "64k")
            let book = try VolumeUsageBook(folder: notes)
            let filler = "\(notes)/filler"
            #expect(throws: DriverError.self) { try Bytes.write(Self.tooMuch, to: filler) }
            let error = failure { try book.update(Self.id) { $0.isRemovalPending = true } }
            // Out of space would send the pod to another node, and an administrator to the pool.
            #expect(error.code == .unavailable)
            #expect(error.message.contains("\(notes): its file system is full"), "\(error)")
            #expect(error.message.contains("df \(notes)"))
            #expect(book.usage(of: Self.id).isEmpty)
            #expect(Paths.names(in: notes) == ["filler"])
            try Paths.remove(filler)
            try book.update(Self.id) { $0.isRemovalPending = true }
            #expect(try VolumeUsageBook(folder: notes).usage(of: Self.id).isRemovalPending)
        }
    }

    private static let tooMuch = [UInt8](repeating: 1, count: 128 << 10)
}
