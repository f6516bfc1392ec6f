import GRPCRuntime
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TLSFailuresTests {
    @Test func `a client that tries again and again is told once in an interval, and counted`() {
        let failures = TLSFailures(interval: .seconds(1))
        let told = Mutex<[String]>([])
        let start = ContinuousClock.now
        failures.report("before anybody looks", at: start)
        failures.observe { reason, untold in told.withLock { $0.append("\(reason) \(untold)") } }
        failures.report("in the same second", at: start + .milliseconds(999))
        failures.report("b", at: start + .seconds(1))
        for moment in [1100, 1500, 1999] { failures.report("c", at: start + .milliseconds(moment)) }
        failures.report("d", at: start + .seconds(2))
        failures.report("e", at: start + .seconds(3))
        failures.report("files", isAboutFiles: true, at: start + .milliseconds(3001))
        #expect(told.withLock { $0 } == ["b 1", "d 3", "e 0", "files 0"])
    }
}
