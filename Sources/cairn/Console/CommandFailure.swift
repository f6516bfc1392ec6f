import DriverCore
import GRPCRuntime

/// Why a command ends early: one line that says what happened, to what, and what to do.
struct CommandFailure: Error {
    let status: ExitStatus
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The answer of a driver; its messages already say what to do.
    ///
    /// The code's name is added where the driver said little.
    init(_ failure: RPCFailure, during what: String) {
        let text = failure.message.isEmpty ? failure.code.name : failure.message
        self.init(ExitStatus(failure.code), "cannot \(what): \(text)")
    }

    init(_ error: DriverError) {
        self.init(ExitStatus(error.code), error.message)
    }
}
