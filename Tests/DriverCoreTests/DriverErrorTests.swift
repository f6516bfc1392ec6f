import DriverCore
import Testing

@Suite struct DriverErrorTests {
    /// Source: external-provisioner `checkError`: Canceled, DeadlineExceeded, Unavailable, Aborted.
    @Test func `only four codes leave open whether work is going on`() {
        let open = DriverError.Code.allCases.filter { !$0.isFinal }
        #expect(Set(open) == [.operationPending, .cancelled, .timedOut, .unavailable])
    }
}
