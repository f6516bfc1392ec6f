package import DriverCore

/// What a handler notes of its call for the interceptors; the client does not get it.
package struct CallNotes: Sendable {
    /// Whether a success is worth a line at debug level only.
    package var isRoutine = false
    /// Whether NOT_FOUND is worth no more: the call asked whether something is there.
    package var isLookUp = false
    /// Ids and names for the log; never parameters, contexts, mount flags or secrets.
    package var fields: [(key: String, value: String)] = []
    /// The error behind a failure: it knows its cause.
    package var error: DriverError?

    package init() {}
}
