import BackendLoop
import CSIServices
import DriverHarness
import Host
import NodeStorage
import TestSupport
import Testing

@testable import cairn

/// The list of failpoints is whole: what the tests go through is what the sources have.
@Suite(.timeLimit(.minutes(15)))
struct `The list of failpoints` {
    /// Those that a loop tier passes once it has its pool.
    ///
    /// A new pool's are gone through by the tests of
    /// its making; those of LVM in the guest, and counted there.
    private static let here =
        Failpoint.ofFiles + Failpoint.ofLoopObjects + Failpoint.ofMounting
        + Failpoint.ofNodeService

    @Test func `has every declaration of the sources, and each is passed at one place`() throws {
        let sources = try text(beneath: "Sources")
        let declared = sources.matches(of: /static let (\w+) = Failpoint\("([^"]+)"/)
        #expect(declared.map { String($0.output.2) }.sorted() == Failpoint.all.map(\.name).sorted())
        #expect(Set(Failpoint.all).count == Failpoint.all.count)
        for point in declared {
            let call = "Failpoint.pass(.\(point.output.1))"
            #expect(sources.occurrences(of: call) == 1, "\(call)")
        }
        #expect(sources.occurrences(of: "Failpoint.pass(") == declared.count)
    }

    @Test func `is gone through by the kills and the errors`() {
        let kinds: [PoolKind] = [.ext4Thin, .xfsThin, .xfsThick]
        let killed = Set(kinds.flatMap { Trials.kills(on: $0) }.map(\.point))
        #expect(Set(Self.here).subtracting(killed).isEmpty)
        let failed = Set(kinds.flatMap { Trials.errors(on: $0) }.map(\.point))
        #expect(Self.here.filter { !$0.isLast && !failed.contains($0) }.isEmpty)
    }

    @Test func `is counted in the documentation as it is`() throws {
        let page = try Files.text("Sources/cairn/Documentation.docc/Testing.md")
        let kinds: [PoolKind] = [.ext4Thin, .xfsThin, .xfsThick]
        let kills = kinds.flatMap { Trials.kills(on: $0) }.count
        let failures = kinds.flatMap { Trials.errors(on: $0) }.count
        #expect(page.contains("the \(Failpoint.all.count) failpoints that"))
        #expect(
            page.contains("three kinds of pool \(Self.here.count) of them make \(kills) kills")
        )
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
