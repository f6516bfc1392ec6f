import Synchronization

/// Who is at the other end of a call.
package struct Peer: Sendable, Hashable {
    /// `unix:` or `ipv4:10.0.0.1:4711`, for log lines; it proves nothing.
    package let address: String
    /// The subject alternative names of the client's verified certificate; empty without one.
    package let certificateNames: [String]

    package init(address: String, certificateNames: [String] = []) {
        self.address = address
        self.certificateNames = certificateNames
    }
}

/// What a handler knows of its call besides the request.
///
/// The handler's task is cancelled when the client cancels, its deadline passes, its connection is
/// lost, or the server's grace period ends.
package struct CallContext: Sendable {
    /// The full path: `/csi.v1.Identity/Probe`.
    package let method: String
    package let peer: Peer
    package let deadline: ContinuousClock.Instant?
    private let readHeader: @Sendable (String) -> String?
    private let pad = NotePad()

    package init(
        method: String,
        peer: Peer,
        deadline: ContinuousClock.Instant? = nil,
        header: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.method = method
        self.peer = peer
        self.deadline = deadline
        readHeader = header
    }

    /// For what has to be done after the call has ended, too.
    package var withoutDeadline: CallContext {
        CallContext(method: method, peer: peer, header: readHeader)
    }

    /// What the client has sent under this name, which is in lower case: its first value as text;
    /// nil where it sent none, and once the call is over.
    package func header(_ name: String) -> String? { readHeader(name) }

    /// What has been noted of the call so far.
    package var notes: CallNotes { pad.notes.withLock(\.self) }

    /// Notes something of the call.
    package func note(_ change: (inout CallNotes) -> Void) { pad.notes.withLock { change(&$0) } }
}

/// One for each call, shared by the copies of its context.
private final class NotePad: Sendable {
    let notes = Mutex(CallNotes())
}
