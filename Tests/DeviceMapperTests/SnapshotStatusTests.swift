import DeviceMapper
import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct SnapshotStatusTests {
    @Test(arguments: [
        ("16/8192 16", SnapshotStatus.valid(used: 16, total: 8192, metadata: 16)),
        ("8192/8192 48", .valid(used: 8192, total: 8192, metadata: 48)),
        ("Invalid", .invalid), ("Overflow", .overflow), ("Unknown", .unknown),
        ("Merge failed", .mergeFailed),
    ])
    func `the status of a snapshot is read`(text: String, expected: SnapshotStatus) throws {
        #expect(try SnapshotStatus(parsing: text) == expected)
    }

    @Test(arguments: ["", "16", "16/8192", "16/ 16", "a/b c", "invalid", "Merge"])
    func `what is no status of a snapshot is refused`(text: String) {
        let error = #expect(throws: DriverError.self) { try SnapshotStatus(parsing: text) }
        #expect(error?.code == .unavailable)
    }
}
