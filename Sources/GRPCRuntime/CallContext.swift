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

/// The properties of a call that its handler gets in addition to the request.
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

    /// The same context for work that continues after the call has ended.
    package var withoutDeadline: CallContext {
        CallContext(method: method, peer: peer, header: readHeader)
    }

    /// The first value of a header, by its name in lower case.
    ///
    /// nil where the client sent none, and after the call has ended.
    package func header(_ name: String) -> String? { readHeader(name) }

    /// What handlers have noted of the call so far.
    package var notes: CallNotes { pad.notes.withLock(\.self) }

    /// Notes something of the call.
    package func note(_ change: (inout CallNotes) -> Void) { pad.notes.withLock { change(&$0) } }
}

/// One for each call, shared by the copies of its context.
private final class NotePad: Sendable {
    let notes = Mutex(CallNotes())
}
