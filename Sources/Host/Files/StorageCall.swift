import DriverCore
import Glibc

/// Turns the negative errno of a shim call on a pool's files into an error: "<operation>:
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

/// What a refused step means where the step belongs to a pool; nil for what every step can meet.
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

/// What a person does about it; nil where the reason says enough.
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
