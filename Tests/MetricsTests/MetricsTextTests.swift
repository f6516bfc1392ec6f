import DriverCore
import Metrics
import Testing

@Suite(.timeLimit(.minutes(5))) struct MetricsTextTests {
    @Test func `a family comes before its samples`() {
        var page = MetricsText()
        page.family("cairn_things", .gauge, "Things that are there.")
        page.sample("cairn_things", 3, ["tier": "fast"])
        page.sample("cairn_things", 0.25)
        #expect(
            page.text == """
                # HELP cairn_things Things that are there.
                # TYPE cairn_things gauge
                cairn_things{tier="fast"} 3
                cairn_things 0.25

                """
        )
    }

    @Test func `what would end a label's value or a line is escaped`() {
        var page = MetricsText()
        page.family("x", .counter, "one\ntwo \\ \"three\"")
        page.sample("x", 1, ["name": "a\"b\\c\nd"])
        #expect(
            page.text == #"""
                # HELP x one\ntwo \\ "three"
                # TYPE x counter
                x{name="a\"b\\c\nd"} 1

                """#
        )
    }

    @Test func `a label holds nothing that a terminal would not show`() {
        var page = MetricsText()
        page.sample("x", 1, ["name": "\u{1B}[2J\u{9B}\u{202E}\u{200B}"])
        #expect(page.text == #"x{name="\\u001b[2J\\u009b\\u202e\\u200b"} 1"# + "\n")
    }

    @Test(arguments: [
        (Double.infinity, "+Inf"), (-Double.infinity, "-Inf"), (.nan, "NaN"), (1e-7, "1e-07"),
        (12.0, "12.0"),
    ])
    func `a number is written as Prometheus reads it`(value: Double, text: String) {
        var page = MetricsText()
        page.sample("x", value)
        #expect(page.text == "x \(text)\n")
    }

    @Test func `a large size keeps every digit`() {
        var page = MetricsText()
        page.sample("x", Int64.max)
        #expect(page.text == "x 9223372036854775807\n")
    }

    @Test func `a histogram counts what was within each bound`() {
        var histogram = Histogram()
        for seconds in [0.0005, 0.001, 0.002, 1000] { histogram.add(seconds) }
        #expect(histogram.count == 4)
        #expect(histogram.cumulative.map(\.count) == [2, 3, 3, 3, 3, 3, 3, 3, 3, 3])
        var page = MetricsText()
        page.samples("took_seconds", "method", "m", histogram)
        let lines = page.text.split(separator: "\n")
        #expect(lines.first == #"took_seconds_bucket{method="m",le="0.001"} 2"#)
        #expect(lines.contains(#"took_seconds_bucket{method="m",le="+Inf"} 4"#))
        #expect(lines.contains(#"took_seconds_sum{method="m"} 1000.0035"#))
        #expect(lines.last == #"took_seconds_count{method="m"} 4"#)
    }
}
