import DriverHarness
import Host
import TestSupport
import Testing

/// The list of failpoints is whole: what the tests go through is what the sources have.
@Suite(.timeLimit(.minutes(15)))
struct `The list of failpoints` {
    @Test func `has every name at exactly one place of the sources`() throws {
        let sources = try text(beneath: "Sources")
        for point in Failpoint.allCases {
            let call = "Failpoint.pass(.\(point))"
            #expect(sources.occurrences(of: call) == 1, "\(call)")
        }
        #expect(sources.occurrences(of: "Failpoint.pass(") == Failpoint.allCases.count)
    }

    /// Those of LVM are gone through in the guest, and counted there; those of a new pool by the tests
    /// of its making.
    @Test func `is gone through by the kills and the errors`() {
        let here = Failpoint.allCases.filter { !$0.isOfLVM && !$0.isOfPool }
        let kinds: [PoolKind] = [.ext4Thin, .xfsThin, .xfsThick]
        let killed = Set(kinds.flatMap { Trials.kills(on: $0) }.map(\.point))
        #expect(Set(here).subtracting(killed).isEmpty)
        let failed = Set(kinds.flatMap { Trials.errors(on: $0) }.map(\.point))
        #expect(here.filter { !$0.isLast && !failed.contains($0) }.isEmpty)
    }

    @Test func `is counted in the documentation as it is`() throws {
        let page = try Files.text("Sources/cairn/Documentation.docc/Testing.md")
        let kinds: [PoolKind] = [.ext4Thin, .xfsThin, .xfsThick]
        let kills = kinds.flatMap { Trials.kills(on: $0) }.count
        let failures = kinds.flatMap { Trials.errors(on: $0) }.count
        #expect(page.contains("the \(Failpoint.allCases.count) failpoints of"))
        let here = Failpoint.allCases.count { !$0.isOfLVM && !$0.isOfPool }
        #expect(page.contains("three kinds of pool \(here) of them make \(kills) kills"))
        #expect(page.contains("\(kills) kills and \(failures) failures"), "\(kills), \(failures)")
    }

    /// Everything written in the folder.
    private func text(beneath folder: String) throws -> String {
        var text = ""
        for name in Paths.names(in: folder) {
            let path = "\(folder)/\(name)"
            if Paths.isFolder(path) {
                text += try self.text(beneath: path)
            } else if name.hasSuffix(".swift") {
                text += String(decoding: try Bytes.read(path), as: UTF8.self)
            }
        }
        return text
    }
}

extension String {
    /// How often the text occurs.
    fileprivate func occurrences(of text: String) -> Int { ranges(of: text).count }
}
