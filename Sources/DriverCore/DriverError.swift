/// The one error of the driver: what happened to which object, in words for an operator.
///
/// The code decides what the Kubernetes side concludes; a *final* code (see ``Code/isFinal``) says
/// that the host is back to where it was, so it is thrown only when that is true.
package struct DriverError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable, CaseIterable {
        /// The request itself is wrong; the same request can never succeed.
        case invalidRequest
        /// Storage that answered and was healthy does not have the object.
        case notFound
        /// The object exists and differs from what is asked.
        case conflict
        /// The object is in a state that forbids the operation.
        case inUse
        /// The size cannot be met.
        case unsupportedSize
        /// This driver does not offer the operation.
        case unsupported
        /// The tier has no room.
        case outOfSpace
        /// The same object has an operation running, or a step could not be undone: retry.
        case operationPending
        /// The caller has gone; the operation may still run.
        case cancelled
        /// The caller's deadline has passed; the operation may still run.
        case timedOut
        /// The storage, or the driver, cannot answer now: retry.
        case unavailable
        /// The host refused a step, and everything done so far was undone.
        case hostFailure

        /// Whether a CSI sidecar concludes that nothing is left behind and nothing is running.
        ///
        /// Source: external-provisioner `checkError` and external-resizer `IsFinalError`.
        package var isFinal: Bool {
            switch self {
            case .operationPending, .cancelled, .timedOut, .unavailable: false
            case .invalidRequest, .notFound, .conflict, .inUse, .unsupportedSize, .unsupported,
                .outOfSpace, .hostFailure:
                true
            }
        }
    }

    package let code: Code
    /// What happened, to what, and what to do.
    ///
    /// Never holds a secret. Always one line that a terminal takes as text: it may quote what came
    /// from outside, and is shown as it is.
    package let message: String
    /// For the log only; never sent to the caller.
    package let cause: (any Error)?
    /// How far the operation has come that is in the way: 0...100; nil where that is not known.
    package let progress: Int?

    package init(
        _ code: Code,
        _ message: String,
        cause: (any Error)? = nil,
        progress: Int? = nil
    ) {
        self.code = code
        self.message = message.printable
        self.cause = cause
        self.progress = progress
    }

    package var description: String { "\(code): \(messageWithCause)" }

    /// For the log, whose line has the code of the call.
    package var messageWithCause: String {
        cause.map { "\(message) (cause: \($0))" } ?? message
    }

    /// The same error with context from a caller: "context: message".
    package func adding(context: String) -> DriverError {
        DriverError(code, "\(context): \(message)", cause: cause, progress: progress)
    }
}
