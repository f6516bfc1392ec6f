package import DriverCore

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

extension DriverError.Code {
    /// The error that a code of another Cairn stands for, for a caller that hands it on.
    ///
    /// Codes that no error becomes tell nothing about what the other side has done: unavailable, so
    /// that the caller asks again.
    package init(_ code: StatusCode) {
        self =
            switch code {
            case .invalidArgument: .invalidRequest
            case .notFound: .notFound
            case .alreadyExists: .conflict
            case .failedPrecondition: .inUse
            case .outOfRange: .unsupportedSize
            case .unimplemented: .unsupported
            case .resourceExhausted: .outOfSpace
            case .aborted: .operationPending
            case .cancelled: .cancelled
            case .deadlineExceeded: .timedOut
            case .unavailable: .unavailable
            case .internalError: .hostFailure
            case .ok, .unknown, .permissionDenied, .dataLoss, .unauthenticated: .unavailable
            }
    }
}
