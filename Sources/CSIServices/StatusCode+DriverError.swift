package import DriverCore
package import GRPCRuntime

extension StatusCode {
    /// What an error means on the wire; the only place where a gRPC code is chosen.
    package init(_ code: DriverError.Code) {
        self =
            switch code {
            case .invalidRequest: .invalidArgument
            case .notFound: .notFound
            case .conflict: .alreadyExists
            case .inUse: .failedPrecondition
            case .unsupportedSize: .outOfRange
            case .unsupported: .unimplemented
            case .outOfSpace: .resourceExhausted
            case .operationPending: .aborted
            case .cancelled: .cancelled
            case .timedOut: .deadlineExceeded
            case .unavailable: .unavailable
            case .hostFailure: .internalError
            }
    }
}

extension RPCFailure {
    package init(_ error: DriverError) {
        self.init(StatusCode(error.code), error.message)
    }
}
