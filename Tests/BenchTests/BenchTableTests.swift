import Testing

@testable import cairn

@Suite(.timeLimit(.minutes(5))) struct BenchTableTests {
    @Test(arguments: [
        (0.4, "0 us"), (999.4, "999 us"), (1000, "1.00 ms"), (12_345, "12.3 ms"),
        (123_456, "123 ms"), (1_234_567, "1.23 s"),
    ])
    func `a time has three digits and a unit`(microseconds: Double, text: String) {
        #expect(BenchTable.time(microseconds) == text)
    }

    @Test(arguments: [(2.0, 2, "2.00"), (0.056, 2, "0.06"), (19.96, 1, "20.0"), (7.5, 0, "8")])
    func `a number is rounded, and keeps its zeros`(value: Double, decimals: Int, text: String) {
        #expect(BenchTable.text(value, decimals: decimals) == text)
    }

    @Test func `every line of an aligned table is as wide as the others`() {
        let lines = BenchTable(Self.report, style: .aligned).lines
        #expect(lines.count == 3)
        #expect(Set(lines.map(\.count)).count == 1)
        #expect(lines[1].hasSuffix("4.00x"))
    }

    @Test func `markdown has a rule below its head`() {
        let lines = BenchTable(Self.report, style: .markdown).lines
        #expect(lines.count == 4)
        #expect(lines[1].hasPrefix("| ----"))
        #expect(Set(lines.map { $0.filter { $0 == "|" }.count }) == [11])
    }

    @Test func `without a second driver there is nothing to compare`() {
        var report = BenchReport()
        report.add("Probe", callers: 1, [Samples(durations: [.seconds(1)], elapsed: .seconds(1))])
        let lines = BenchTable(report, style: .aligned).lines
        #expect(lines.allSatisfy { !$0.contains("against") && !$0.contains("  ratio") })
        #expect(report.rows.first?.ratio == nil)
    }

    @Test func `calls of one operation count together wherever they were made`() {
        var report = Self.report
        report.add("Probe", callers: 1, [Self.samples(2), Self.samples(8)])
        #expect(report.rows.count == 2)
        #expect(report.rows.first?.endpoint.calls == 2)
    }

    private static func samples(_ milliseconds: Int) -> Samples {
        Samples(durations: [.milliseconds(milliseconds)], elapsed: .milliseconds(milliseconds))
    }

    private static var report: BenchReport {
        var report = BenchReport()
        report.add("Probe", callers: 1, [samples(2), samples(8)])
        report.add("Probe", callers: 16, [samples(200), samples(100)])
        return report
    }
}
