import Metrics
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct MetricsPageTests {
    /// Counts how often it was asked.
    private final class Counter: MetricsSource {
        private let name: String
        private let asked = Mutex(0)

        init(_ name: String) { self.name = name }

        func add(to page: inout MetricsText) {
            let count = asked.withLock { count in
                count += 1
                return count
            }
            page.sample(name, count)
        }
    }

    @Test func `each reader gets what every source has then, in their order`() {
        let page = MetricsPage([Counter("b"), Counter("a")])
        #expect(page.text().text == "b 1\na 1\n")
        #expect(page.text().text == "b 2\na 2\n")
    }

    @Test func `a page without sources is empty`() {
        #expect(MetricsPage([]).text().text.isEmpty)
    }
}
