import Synchronization
import Testing

@testable import cairn

@Suite(.timeLimit(.minutes(5))) struct LoadTests {
    @Test(arguments: [1, 4, 100])
    func `every call is made once, however many callers there are`(callers: Int) async throws {
        let made = Mutex<[Int]>([])
        let samples = try await Load(callers: callers, calls: 10..<40).run { index in
            made.withLock { $0.append(index) }
        }
        #expect(made.withLock { $0.sorted() } == Array(10..<40))
        #expect(samples.count == 30)
    }

    @Test func `one failure ends the load`() async {
        let made = Mutex(0)
        await #expect(throws: BenchFailure.self) {
            _ = try await Load(callers: 1, calls: 0..<100).run { index in
                made.withLock { $0 += 1 }
                if index == 3 { throw BenchFailure(message: "refused") }
            }
        }
        #expect(made.withLock { $0 } == 4)
    }

    @Test(arguments: [(10, 3), (3, 10), (1, 1), (100, 10), (7, 2)])
    func `turns cover every call once, in order`(count: Int, rounds: Int) {
        let parts = Interleaving.parts(of: count, into: rounds)
        #expect(parts.flatMap(Array.init) == Array(0..<count))
        #expect(parts.count == min(count, rounds))
        let lengths = parts.map(\.count)
        #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
    }
}
