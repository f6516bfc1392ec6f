import Synchronization

/// Where calls of a fake node stand still, or dawdle, as a test wants it.
final class Gate: Sendable {
    private struct State {
        var isOpen = true
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
        var longest = 0
    }

    private let state = Mutex(State())

    /// Calls wait from now on.
    func shut() { state.withLock { $0.isOpen = false } }

    /// Lets all calls go on.
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for call in waiting { call.resume() }
    }

    /// Returns once a call stands still.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.waiting.isEmpty { state.watchers.append(continuation) }
                return !state.waiting.isEmpty
            }
            if isThere { continuation.resume() }
        }
    }

    func pass() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let resumed = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                guard !state.isOpen else { return [continuation] }
                state.waiting.append(continuation)
                defer { state.watchers = [] }
                return state.watchers
            }
            for continuation in resumed { continuation.resume() }
        }
    }

    /// How long each step of a call takes at most; it is chosen at random.
    func slow(to longest: Duration) {
        state.withLock { $0.longest = Int(longest / .microseconds(1)) }
    }

    func dawdle() async {
        let longest = state.withLock(\.longest)
        guard longest > 0 else { return }
        try? await Task.sleep(for: .microseconds(Int.random(in: 0...longest)))
    }
}
