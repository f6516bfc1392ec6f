import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Naming

extension ClusterController {
    /// Questions in flight at once.
    private static let breadth = 64

    /// The candidate that has the volume of this name already; nil where none of them has.
    ///
    /// Throws `unavailable` where one of them does not answer: it may have made the volume in an
    /// earlier try whose answer was lost.
    func holder(of name: String, among candidates: [NodeView], _ context: CallContext)
        async throws(DriverError) -> ClusterNode?
    {
        let answers = await withTaskGroup(of: (ClusterNode, Result<Bool, DriverError>).self) {
            group in
            var rest = candidates[...]
            var answers: [(ClusterNode, Result<Bool, DriverError>)] = []
            func askNext() {
                guard let next = rest.popFirst() else { return }
                group.addTask { (next.node, await has(name, next, context)) }
            }
            for _ in 0..<Self.breadth { askNext() }
            while let answer = await group.next() {
                answers.append(answer)
                askNext()
            }
            return answers
        }
        for (node, answer) in answers where (try? answer.get()) == true { return node }
        for (_, answer) in answers { _ = try answer.get() }
        return nil
    }

    private func has(_ name: String, _ candidate: NodeView, _ context: CallContext)
        async -> Result<Bool, DriverError>
    {
        guard candidate.state.isLiving else {
            return .failure(NodeRegistry.absence(of: candidate.node.id, candidate.state))
        }
        let id = NodeIdentity.volumeID(forName: name, onNode: candidate.node.id)
        do throws(DriverError) {
            _ = try await hop.call(
                ControllerGetVolumeRequest(volumeID: id.text),
                to: candidate.node,
                context,
                atMost: patience
            )
            return .success(true)
        } catch {
            return error.code == .notFound ? .success(false) : .failure(error)
        }
    }
}

extension NodeView {
    /// How long after its last registration a silent node can still be asked for by a create.
    ///
    /// A try of a create whose answer was lost is repeated within minutes: sidecars wait five
    /// minutes at most by default. Source: external-provisioner, --retry-interval-max.
    private static let memory = Duration.seconds(600)

    /// Whether creates need not wait for the node any more.
    var isForgotten: Bool {
        switch state {
        case .ready, .late: false
        // A node that left may have made a volume whose answer was lost on the way.
        default: age > Self.memory
        }
    }
}
