extension DriverError {
    /// The error for a failed operation, after its steps are undone.
    ///
    /// The error itself where undoing works: it may be final then. `operationPending` where it does
    /// not, as something is left that only a retry takes away.
    package func afterUndoing(_ undo: () throws(DriverError) -> Void) -> DriverError {
        do throws(DriverError) {
            try undo()
            return self
        } catch let failure {
            return DriverError(
                .operationPending,
                "\(message); undoing it failed too: \(failure.message); retry",
                cause: self
            )
        }
    }

    /// The error where the object has changed already, and only a retry completes the change.
    ///
    /// `state` says how far it has come: "volume v has grown, but its record has not".
    package func leavingHalfDone(_ state: String) -> DriverError {
        DriverError(.operationPending, "\(state): \(message); retry", cause: self)
    }

    /// The same error where something of an earlier call stays: never a final one.
    package func leavingSomething(_ what: String) -> DriverError {
        guard code.isFinal else { return self }
        return DriverError(.operationPending, "\(message); \(what); retry", cause: self)
    }
}
