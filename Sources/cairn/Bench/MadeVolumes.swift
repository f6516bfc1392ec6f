import Synchronization

/// The volumes and mounts of a run on one driver, which it must remove.
///
/// A change is noted before its call is sent: a call that failed may have done its work.
final class MadeVolumes: Sendable {
    struct State: Sendable {
        /// Creates that were sent; nil until one is answered.
        var volumes: [Int: String?] = [:]
        var staged: Set<Int> = []
        var published: Set<Int> = []
    }

    private let state = Mutex(State())

    var all: State { state.withLock { $0 } }

    func id(_ index: Int) -> String? { state.withLock { $0.volumes[index] ?? nil } }

    func began(_ index: Int) {
        state.withLock { state in
            if state.volumes[index] == nil { state.volumes[index] = .some(nil) }
        }
    }

    func created(_ index: Int, id: String) { state.withLock { $0.volumes[index] = id } }
    func deleted(_ index: Int) { state.withLock { _ = $0.volumes.removeValue(forKey: index) } }
    func staging(_ index: Int) { state.withLock { _ = $0.staged.insert(index) } }
    func unstaged(_ index: Int) { state.withLock { _ = $0.staged.remove(index) } }
    func publishing(_ index: Int) { state.withLock { _ = $0.published.insert(index) } }
    func unpublished(_ index: Int) { state.withLock { _ = $0.published.remove(index) } }
}
