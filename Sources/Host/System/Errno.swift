import DriverCore
import ErrnoText
import Glibc

/// The reason of a failed system call; only used in Host, and converted to a ``DriverError`` at its
/// edge.
struct Errno: Error, Hashable, CustomStringConvertible {
    let code: CInt

    /// `Device or resource busy (EBUSY)`.
    var description: String {
        let text = errnoText(code)
        guard let name = Self.names[code] else { return "\(text) (errno \(code))" }
        return "\(text) (\(name))"
    }

    /// Whether it means that a device or its file is gone, or that nothing is attached to it.
    var saysGone: Bool { [ENXIO, ENOENT, ENODEV].contains(code) }

    /// Runs a call that returns -1 and sets errno on failure; repeats it where a signal interrupted
    /// it.
    static func check<Result: SignedInteger>(_ call: () -> Result) throws(Errno) -> Result {
        while true {
            let result = call()
            if result != -1 { return result }
            let code = errno
            if code != EINTR { throw Errno(code: code) }
        }
    }

    /// The failure in words: "cannot <operation>: <reason>; <advice>".
    func failure(to operation: String, _ code: DriverError.Code? = nil, advice: String? = nil)
        -> DriverError
    {
        let ending = advice.map { "; \($0)" } ?? ""
        return DriverError(code ?? driverCode, "cannot \(operation): \(self)\(ending)")
    }

    /// The error code, for callers that know no better one.
    private var driverCode: DriverError.Code {
        switch code {
        case ENOSPC, EDQUOT: .outOfSpace
        case EMFILE, ENFILE, ENOMEM, EAGAIN: .unavailable
        default: .hostFailure
        }
    }

    private static let names: [CInt: String] = [
        EACCES: "EACCES", EAGAIN: "EAGAIN", EBADF: "EBADF", EBUSY: "EBUSY", EEXIST: "EEXIST",
        EFBIG: "EFBIG", EINVAL: "EINVAL", EIO: "EIO", EISDIR: "EISDIR", ELOOP: "ELOOP",
        EMFILE: "EMFILE", ENAMETOOLONG: "ENAMETOOLONG", ENFILE: "ENFILE", ENODEV: "ENODEV",
        ENOENT: "ENOENT", ENOMEM: "ENOMEM", ENOSPC: "ENOSPC", ENOSYS: "ENOSYS",
        ENOTBLK: "ENOTBLK", ENOTDIR: "ENOTDIR", ENOTEMPTY: "ENOTEMPTY", ENOTTY: "ENOTTY",
        ENXIO: "ENXIO", EOPNOTSUPP: "EOPNOTSUPP", EPERM: "EPERM", EROFS: "EROFS",
        ETXTBSY: "ETXTBSY", EUCLEAN: "EUCLEAN", EXDEV: "EXDEV", EBADMSG: "EBADMSG",
    ]
}

/// Runs a call as ``Errno/check(_:)`` does, and throws its failure as "cannot <operation>: ...".
@discardableResult
func attempt<Result: SignedInteger>(_ operation: @autoclosure () -> String, _ call: () -> Result)
    throws(DriverError) -> Result
{
    do throws(Errno) {
        return try Errno.check(call)
    } catch {
        throw error.failure(to: operation())
    }
}
