import ArgumentParser
import Testing

@testable import cairn

/// Where a driver keeps its notes.
@Suite(.timeLimit(.minutes(5))) struct NodeOptionsTests {
    @Test(arguments: [
        ([], "/run/cairn-usage"),
        (["--driver-name", "csi.cairn.storage"], "/run/cairn-usage"),
        (["--driver-name", "second.example.com"], "/run/cairn-usage-second.example.com"),
        (["--driver-name", "third.example.com"], "/run/cairn-usage-third.example.com"),
        (["--driver-name", "second.example.com", "--usage-dir", "/run/x"], "/run/x"),
    ])
    func `two drivers of one node share no notes unless somebody says so`(
        flags: [String],
        folder: String
    ) throws {
        #expect(try NodeOptions.parse(flags).usageFolder == folder)
    }
}
