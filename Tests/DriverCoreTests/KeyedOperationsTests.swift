import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct KeyedOperationsTests {
    private let keys = KeyedOperations()

    private func acquire(_ needed: [KeyedOperations.Key], progress: Progress = Progress())
        -> DriverError?
    {
        do throws(DriverError) {
            try keys.acquire(needed, for: "CreateVolume", progress: progress)
            return nil
        } catch { return error }
    }

    @Test func `a second caller is refused and told what is running`() {
        let progress = Progress()
        progress.update(done: ByteCount(43), total: ByteCount(100))
        #expect(acquire([.exclusive("a")], progress: progress) == nil)
        let error = acquire([.exclusive("a")])
        #expect(error?.code == .operationPending)
        #expect(error?.message == "a: CreateVolume is still running, 43% done; retry later")
        #expect(error?.progress == 43)
        #expect(acquire([.exclusive("b")]) == nil)
        #expect(acquire([.exclusive("b")])?.progress == nil)
    }

    @Test func `readers share a key that a writer cannot have`() {
        #expect(acquire([.shared("a")]) == nil)
        #expect(acquire([.shared("a")]) == nil)
        #expect(acquire([.exclusive("a")])?.code == .operationPending)
        keys.release([.shared("a")])
        #expect(acquire([.exclusive("a")])?.code == .operationPending)
        keys.release([.shared("a")])
        #expect(acquire([.exclusive("a")]) == nil)
        #expect(acquire([.shared("a")])?.code == .operationPending)
    }

    @Test func `either all keys are taken or none`() {
        #expect(acquire([.exclusive("b")]) == nil)
        #expect(acquire([.exclusive("a"), .shared("b")])?.code == .operationPending)
        #expect(acquire([.exclusive("a")]) == nil)
    }
}
