import Backend
import DriverCore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct StorageScanTests {
    @Test func `storage that hangs is a finding of its own`() throws {
        let barrier = Barrier()
        barrier.close()
        defer { barrier.open() }
        let scan = StorageScan(of: "storage", patience: .seconds(1)) {
            barrier.pass()
            return [.good("pool", "here")]
        }
        let findings = scan.findings()
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.state == .problem)
        #expect(finding.found == "its storage has not answered for 1 s")
    }

    @Test func `storage that answers is reported as the scan found it`() {
        let found = [Finding.good("pool", "here"), .note("extents", "not counted")]
        #expect(StorageScan(of: "storage") { found }.findings() == found)
    }
}
