package import DriverCore
package import GRPCRuntime

/// A controller's claim to a name, in the metadata of a call to a node.
///
/// Two controllers that are asked for one name at the same time must not make it on two nodes. So
/// each claims the name on the node that it has chosen, and then asks all others: whoever claims
/// later sees the claim of the other. A create whose claim has ended is refused.
package struct NameClaim: Sendable, Equatable {
    package enum Act: String, Sendable {
        /// With a read of an object: claims its name where no other controller has claimed it.
        case take
        /// With a read: checks whether another controller has claimed the name.
        case ask
        /// With a question: gives the claim back first.
        case drop
        /// With a create: the object is made only if the claim is still valid.
        case use
        /// With a create that has claimed nothing: the token is the node's permit. A missing object is
        /// created only if the node accepts the permit.
        case permit
    }

    package static let header = "cairn-claim"

    package let act: Act
    /// Distinguishes the creates of all controllers.
    package let token: String
    /// Which tier alone has to answer, as for the create itself: that of a volume, "" for the default
    /// one; that of this volume for a snapshot of it.
    package let place: String

    package init(_ act: Act, _ token: String, in place: String = "") {
        self.act = act
        self.token = token
        self.place = place
    }

    /// The claim in a call; nil where it has none.
    package init?(of context: CallContext) throws(DriverError) {
        guard let text = context.header(Self.header) else { return nil }
        let words = text.byteSplit(separator: " ").map(String.init)
        guard (2...3).contains(words.count), let act = Act(rawValue: words[0]) else {
            throw DriverError(
                .invalidRequest,
                "the header \(Self.header) does not hold an action and a token"
            )
        }
        self.init(act, words[1], in: words.count == 3 ? words[2] : "")
    }

    /// Whether a text can stand in the header as one word.
    package static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    package var text: String { place.isEmpty ? "\(act) \(token)" : "\(act) \(token) \(place)" }
}

extension NameClaims {
    /// Takes or drops the claim that a call carries, before anybody looks for the object itself.
    ///
    /// Returns why the object counts as being made, though it may not be there; nil for no reason.
    package func apply(_ claim: NameClaim?, to name: String) -> DriverError? {
        // The caller may create the object on another node after this answer.
        if claim != nil { permits.note(name) }
        do throws(DriverError) {
            switch claim?.act {
            case .take: try take(name, for: claim?.token ?? "")
            case .drop: drop(name, by: claim?.token ?? "")
            case .ask, .use, .permit, nil: break
            }
            try check(name, for: claim?.token)
            return nil
        } catch {
            return error
        }
    }

    /// Gives back what a read has just claimed, because the name is not free.
    package func forget(_ claim: NameClaim?, about name: String) {
        if let claim, claim.act == .take { drop(name, by: claim.token) }
    }

    /// Whether a create may make what is not there; `operationPending` where it may not.
    ///
    /// Comes with the name's key held, and before the object is looked up: a look-up can take long,
    /// and the answer to a retry that arrives meanwhile must not end this create's permit.
    /// A caller that claims nothing may, as long as nobody else has claimed the name.
    package func permission(_ claim: NameClaim?, toMake name: String) -> Result<Void, DriverError> {
        Result { () throws(DriverError) in try permit(claim, toMake: name) }
    }

    private func permit(_ claim: NameClaim?, toMake name: String) throws(DriverError) {
        guard let claim else { return try check(name, for: nil) }
        guard claim.act == .permit else { return try use(name, by: claim.token) }
        try check(name, for: nil)
        try permits.check(claim.token, for: name)
    }
}
