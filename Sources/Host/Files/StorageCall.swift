import DriverCore
import Glibc

/// Converts the negative errno of a shim call on a pool's files to an error: "<operation>:
/// <reason>".
@discardableResult
func checked<Count: SignedInteger>(_ result: Count, _ operation: @autoclosure () -> String)
    throws(DriverError) -> Count
{
    guard result < 0 else { return result }
    let failure = Errno(code: CInt(-result))
    throw failure.failure(
        to: operation(),
        storageCode(of: failure.code),
        advice: storageAdvice(on: failure.code)
    )
}

/// The error code of a failed step on a pool's files; nil for errors that are not special there.
private func storageCode(of code: CInt) -> DriverError.Code? {
    switch code {
    case EFBIG: .unsupportedSize
    case EBUSY, ETXTBSY: .inUse
    // The storage does not answer, or refuses every change: nothing is known to be lost.
    case EPERM, EACCES, EIO, EROFS, ENODEV, ENXIO, ESTALE, ENOTCONN, EUCLEAN, EBADMSG, ESHUTDOWN,
        ETIMEDOUT:
        .unavailable
    default: nil
    }
}

/// What to do about the error; nil where the reason is enough.
private func storageAdvice(on code: CInt) -> String? {
    switch code {
    case EPERM, EACCES: "let the driver write there: check the permissions and attributes (lsattr)"
    case ENOSPC, EDQUOT:
        "its file system is full: if it is that of a pool, delete volumes or snapshots, or enlarge it"
    case EROFS: "mount the pool's disk read-write; the kernel log says why it is read-only"
    case EIO, EUCLEAN, EBADMSG: "see the kernel log, and check the pool's disk"
    default: nil
    }
}
