import Testing

@testable import cairn

@Suite(.timeLimit(.minutes(5))) struct SamplesTests {
    @Test(arguments: [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1), (0.001, 1)])
    func `a percentile is the nearest rank, whatever the order`(share: Double, expected: Int) {
        let durations = (1...100).shuffled().map { Duration.milliseconds($0) }
        let samples = Samples(durations: durations, elapsed: .seconds(1))
        #expect(samples.percentile(share) == .milliseconds(expected))
    }

    @Test func `without any call there is neither percentile nor rate`() {
        #expect(Samples().percentile(0.5) == nil)
        #expect(Samples().rate == nil)
    }

    @Test func `the rate counts callers beside each other once`() {
        let samples = Samples(
            durations: [Duration](repeating: .seconds(1), count: 16),
            elapsed: .seconds(2)
        )
        #expect(samples.rate == 8)
    }

    @Test func `what was measured in turns adds up`() {
        var samples = Samples(durations: [.seconds(1)], elapsed: .seconds(1))
        samples.add(Samples(durations: [.seconds(3)], elapsed: .seconds(3)))
        #expect(samples == Samples(durations: [.seconds(1), .seconds(3)], elapsed: .seconds(4)))
    }

    @Test(arguments: [(0..<2, 2), (1..<9, 2), (5..<9, 0)])
    func `a window counts only the calls that were made`(range: Range<Int>, count: Int) {
        let samples = Samples(
            durations: [.seconds(1), .seconds(2), .seconds(3)],
            elapsed: .seconds(9)
        )
        #expect(samples.window(range).count == count)
        #expect(samples.window(0..<2).elapsed == .seconds(3))
    }
}
