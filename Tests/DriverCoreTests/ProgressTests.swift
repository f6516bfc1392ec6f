import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct ProgressTests {
    /// What the command line shows is read out of the message, so both sides are one test.
    @Test(arguments: [0, 7, 42, 100])
    func `the percentage that a refusal tells is found in it again`(percent: Int) throws {
        let operations = KeyedOperations()
        let progress = Progress()
        progress.update(done: ByteCount(Int64(percent)), total: ByteCount(100))
        let claim = KeyedOperations.Claim.exclusive("9% done")
        try operations.acquire([claim], for: "copy", progress: progress)
        let error = #expect(throws: DriverError.self) {
            try operations.acquire([claim], for: "copy", progress: Progress())
        }
        #expect(Progress.percent(in: error?.message ?? "") == percent)
    }

    @Test(arguments: [
        "", "% done", "still running; retry later", "% don", "x% done", "101% done",
        "99999999999999999999% done",
    ])
    func `where none is told none is found`(message: String) {
        #expect(Progress.percent(in: message) == nil)
    }
}
