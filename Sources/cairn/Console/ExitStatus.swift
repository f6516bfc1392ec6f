import DriverCore
import GRPCRuntime

/// How a command ends, for scripts; the one table, which `cairn --help` shows.
///
/// The numbers are a promise: a later version may add some and changes none.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failed = 1
    case usage = 2
    case notFound = 3
    case conflict = 4
    case noSpace = 5
    case unavailable = 6
    case inUse = 7

    var meaning: String {
        switch self {
        case .done: "done; doctor: nothing is wrong"
        case .failed: "failed, and repeating it will not help; doctor: something is wrong"
        case .usage: "the command line, or a value in it, is wrong"
        case .notFound: "the volume, the snapshot or the mount does not exist"
        case .conflict: "it exists already and differs from what is asked"
        case .noSpace: "no room, too many, or no such tier on the node"
        case .unavailable:
            "no driver answers, its storage is unavailable, or an operation runs: retry"
        case .inUse: "it is in use, or in a state that forbids this"
        }
    }

    init(_ code: StatusCode) {
        self =
            switch code {
            case .ok: .done
            case .invalidArgument, .outOfRange: .usage
            case .notFound: .notFound
            case .alreadyExists: .conflict
            case .resourceExhausted: .noSpace
            case .unavailable, .aborted, .deadlineExceeded, .cancelled: .unavailable
            case .failedPrecondition: .inUse
            case .unknown, .permissionDenied, .unimplemented, .internalError, .dataLoss,
                .unauthenticated:
                .failed
            }
    }

    init(_ code: DriverError.Code) {
        self =
            switch code {
            case .invalidRequest, .unsupportedSize: .usage
            case .notFound: .notFound
            case .conflict: .conflict
            case .outOfSpace: .noSpace
            case .unavailable, .operationPending, .timedOut, .cancelled: .unavailable
            case .inUse: .inUse
            case .unsupported, .hostFailure: .failed
            }
    }

    /// The table for `--help` and the manual.
    static var table: String {
        allCases.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n")
    }
}
