import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Naming

/// The name of a volume or snapshot that a create is about to make.
enum GivenName: Sendable {
    case volume(String, tier: String?)
    case snapshot(String, source: String)

    /// The tier of a node that must answer.
    ///
    /// What cannot stand in a header names no tier that a node has.
    fileprivate var place: String {
        let text =
            switch self {
            case .volume(_, let tier): tier ?? ""
            case .snapshot(_, let source): source
            }
        return NameClaim.isWord(text) ? text : ""
    }

    /// Throws `notFound` where the node has no such object.
    fileprivate func find(
        on node: ClusterNode,
        by hop: NodeHop,
        _ context: CallContext,
        atMost limit: Duration,
        _ claim: NameClaim
    ) async throws(DriverError) {
        switch self {
        case .volume(let name, _):
            let id = NodeIdentity.volumeID(forName: name, onNode: node.id)
            let request = ControllerGetVolumeRequest(volumeID: id.text)
            _ = try await hop.call(request, to: node, context, atMost: limit, claim: claim)
        case .snapshot(let name, _):
            let id = NodeIdentity.snapshotID(forName: name, onNode: node.id)
            let request = GetSnapshotRequest(snapshotID: id.text)
            _ = try await hop.call(request, to: node, context, atMost: limit, claim: claim)
        }
    }
}

/// One create's search for its name on all nodes, and its claim to it.
///
/// The create claims the name on the node where it will make the object, and only then asks the other
/// nodes. So of two creates, through any two controllers, at least one sees the other's claim. The
/// node makes the object only while the claim holds: a create that comes late, after a lease or a
/// restart of the node, is refused. No clocks are compared, and no node waits for another.
struct NameSearch: Sendable {
    struct Answer: Sendable {
        let node: ClusterNode
        /// Whether the node has the object.
        let result: Result<Bool, DriverError>
    }

    /// How long a controller tries to give a claim back: a fifth of the patience, because the claim
    /// also ends by itself.
    private var dropLimit: Duration { patience / 5 }
    /// How long the create whose node has the lower id waits, of two that see each other's claims.
    private static let contentionLimit = Duration.seconds(1)
    private static let contentionPause = Duration.milliseconds(20)

    let name: GivenName
    let hop: NodeHop
    /// How long one of several nodes may take to answer.
    let patience: Duration
    let context: CallContext
    /// The token of this create: a late call of an earlier try has another one.
    private let token = String(UInt64.random(in: .min ... .max), radix: 16)

    init(_ name: GivenName, hop: NodeHop, patience: Duration, _ context: CallContext) {
        self.name = name
        self.hop = hop
        self.patience = patience
        self.context = context
    }

    /// The claim that the create itself carries.
    var use: NameClaim { NameClaim(.use, token) }

    /// Claims the name on the chosen nodes, then asks all others.
    ///
    /// Several chosen nodes are asked again too, because each of them is an other node for the next
    /// one.
    ///
    /// Ends early where a chosen node has the object.
    func claim(on chosen: [NodeView], asking all: [NodeView]) async -> [Answer] {
        // The first alone: of two creates that choose the same nodes, one gets no claim at all.
        let order = chosen.sorted { $0.node.digest < $1.node.digest }
        var taken = await answers(of: order.prefix(1), .take)
        if taken.allSatisfy(\.isFree) { taken += await answers(of: order.dropFirst(), .take) }
        guard !taken.contains(where: \.hasObject) else { return taken }
        let isOneAlone = chosen.count == 1
        let others = all.filter { view in
            !(isOneAlone && view.node.digest == order[0].node.digest)
        }
        let lowest = taken.allSatisfy(\.isFree) ? order.first?.node.digest : nil
        return taken + (await answers(of: others[...], .ask, waitingAbove: lowest))
    }

    /// Gives claims back, even if the caller has gone or its deadline has passed.
    func drop(on nodes: [NodeView]) async {
        await Task { _ = await answers(of: nodes[...], .drop) }.value
    }

    private func answers(
        of nodes: ArraySlice<NodeView>,
        _ act: NameClaim.Act,
        waitingAbove lowest: String? = nil
    ) async -> [Answer] {
        let results = await Array(nodes).asked { (view) async throws(DriverError) in
            let isWaiting = lowest.map { $0 < view.node.digest } ?? false
            return try await answer(of: view, act, isWaiting: isWaiting).get()
        }
        return zip(nodes, results).map { Answer(node: $0.node, result: $1) }
    }

    /// Resolves a conflict of two creates: the one with the higher node gives up, and the other
    /// waits for that.
    ///
    /// Otherwise both would give up, again and again.
    private func answer(of view: NodeView, _ act: NameClaim.Act, isWaiting: Bool) async
        -> Result<Bool, DriverError>
    {
        let end = ContinuousClock.now + Self.contentionLimit
        while true {
            let result = await ask(view, act)
            guard isWaiting, result.error?.code == .operationPending, ContinuousClock.now < end,
                (try? await Task.sleep(for: Self.contentionPause)) != nil
            else { return result }
        }
    }

    private func ask(_ view: NodeView, _ act: NameClaim.Act) async -> Result<Bool, DriverError> {
        guard view.state.isLiving else {
            return .failure(NodeRegistry.absence(of: view.node.id, view.state))
        }
        do throws(DriverError) {
            try await name.find(
                on: view.node,
                by: hop,
                act == .drop ? context.withoutDeadline : context,
                atMost: act == .drop ? dropLimit : patience,
                NameClaim(act, token, in: name.place)
            )
            return .success(true)
        } catch {
            return error.code == .notFound ? .success(false) : .failure(error)
        }
    }
}

extension NameSearch.Answer {
    var hasObject: Bool { (try? result.get()) == true }
    var isFree: Bool { (try? result.get()) == false }
}

extension Result {
    fileprivate var error: Failure? {
        if case .failure(let error) = self { return error }
        return nil
    }
}

extension NodeView {
    /// Whether creates no longer wait for the node.
    var isForgotten: Bool {
        switch state {
        case .ready, .late: false
        // A node that left may have made a volume whose answer was lost on the way.
        default: age > NodeRegistry.memory
        }
    }
}
