import GRPCRuntime

extension CallContext {
    /// Of a call that no client made.
    static let ofTest = CallContext(method: "/test", peer: Peer(address: "test"))
}
