package import DriverCore

extension RPCFailure {
    package init(_ error: DriverError) {
        self.init(StatusCode(error.code), error.message, progress: error.progress)
    }
}

extension DriverError {
    /// What a failed call of another Cairn means to the caller who waits for it here.
    ///
    /// An answer keeps its meaning. A call that something else has ended (C-core, a proxy, a server
    /// that does not know the method) may have done its work: it is never final, whatever its code.
    package init(_ failure: RPCFailure) {
        let code = Code(failure.code)
        guard failure.isAnswer || !code.isFinal else {
            self.init(.unavailable, failure.message, cause: failure)
            return
        }
        self.init(code, failure.message, progress: failure.progress)
    }
}
