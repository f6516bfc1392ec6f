import DeviceMapper
import DriverCore
import Testing

/// What a pool and its volumes say about themselves.
@Suite(.timeLimit(.minutes(5))) struct ThinStatusTests {
    private func usage(_ text: String) throws -> ThinPoolUsage {
        guard case .working(let usage) = try ThinPoolStatus(parsing: text) else {
            throw DriverError(.hostFailure, "the pool does not work: \(text)")
        }
        return usage
    }

    @Test func `the fill levels of a pool are read`() throws {
        let text = "7 158/1024 33/8192 - rw discard_passdown queue_if_no_space - 256"
        let usage = try usage(text)
        #expect(usage.transactionID == 7)
        #expect((usage.usedMetadataBlocks, usage.totalMetadataBlocks) == (158, 1024))
        #expect((usage.usedDataBlocks, usage.totalDataBlocks) == (33, 8192))
        #expect(!usage.isMetadataHeld)
        #expect(usage.mode == .readWrite)
        #expect(usage.passesDiscardsDown)
        #expect(usage.queuesWhenFull)
        #expect(!usage.needsCheck)
    }

    @Test(arguments: [
        ("rw", ThinPoolUsage.Mode.readWrite), ("ro", .readOnly),
        ("out_of_data_space", .outOfDataSpace),
    ])
    func `the mode of a pool is read`(word: String, mode: ThinPoolUsage.Mode) throws {
        let text = "0 1/2 3/4 - \(word) discard_passdown error_if_no_space needs_check 64"
        let usage = try usage(text)
        #expect(usage.mode == mode)
        #expect(!usage.queuesWhenFull)
        #expect(usage.needsCheck)
    }

    @Test(arguments: [("no_discard_passdown", false), ("ignore_discard", false)])
    func `what becomes of discards is read`(word: String, passes: Bool) throws {
        let usage = try usage("0 1/2 3/4 - rw \(word) queue_if_no_space - 1")
        #expect(usage.passesDiscardsDown == passes)
    }

    @Test func `a held metadata snapshot is seen`() throws {
        let usage = try usage("1 20/1024 5/80 19 rw discard_passdown queue_if_no_space - 1024")
        #expect(usage.isMetadataHeld)
    }

    @Test func `words that a newer kernel adds are let pass`() throws {
        let text = "1 2/3 4/5 - rw discard_passdown queue_if_no_space - 1 brand_new 7"
        #expect(try usage(text).totalDataBlocks == 5)
    }

    @Test func `the largest numbers of the kernel fit`() throws {
        let most = UInt64.max
        let text = "\(most) \(most)/\(most) 4/5 - rw discard_passdown queue_if_no_space - 1"
        #expect(try usage(text).totalMetadataBlocks == most)
    }

    @Test func `a pool that failed says so`() throws {
        #expect(try ThinPoolStatus(parsing: "Fail") == .failed)
        #expect(try ThinPoolStatus(parsing: "Error") == .unreadable)
    }

    @Test(arguments: [
        "", " ", "rw", "7", "7 1/2", "7 1/2 3/4", "7 1/2 3/4 -", "7 1/2 3/4 - rw",
        "7 1/2 3/4 - rw discard_passdown", "7 1/2 3/4 - rw discard_passdown queue_if_no_space",
        "7 1/2 3/4 - RW discard_passdown queue_if_no_space - 1",
        "x 1/2 3/4 - rw discard_passdown queue_if_no_space - 1",
        "-1 1/2 3/4 - rw discard_passdown queue_if_no_space - 1",
        "7 1/ 3/4 - rw discard_passdown queue_if_no_space - 1",
        "7 1/2/3 3/4 - rw discard_passdown queue_if_no_space - 1",
        "7 1/18446744073709551616 3/4 - rw discard_passdown queue_if_no_space - 1",
        "7 1/2 3/4 - rw discard_passdown sometimes - 1", "Failed", "0 204800 linear 7:0 2048",
    ])
    func `what is no status of a pool is refused`(text: String) {
        let error = #expect(throws: DriverError.self) { try ThinPoolStatus(parsing: text) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("\"\(text)\"") == true)
    }

    @Test(arguments: [
        ("0 -", ThinStatus.mapped(sectors: 0)), ("2048 204799", .mapped(sectors: 2048)),
        ("Fail", .failed), ("Error", .unreadable), ("-", .unreadable),
    ])
    func `the status of a thin volume is read`(text: String, expected: ThinStatus) throws {
        #expect(try ThinStatus(parsing: text) == expected)
    }

    @Test(arguments: ["", "much", "-5 -", "1/2"])
    func `what is no status of a thin volume is refused`(text: String) {
        let error = #expect(throws: DriverError.self) { try ThinStatus(parsing: text) }
        #expect(error?.code == .unavailable)
    }
}
