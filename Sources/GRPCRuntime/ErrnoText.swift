import Glibc

/// The text of an error number: `Permission denied`.
func errnoText(_ code: CInt) -> String {
    guard let text = unsafe strerror(code) else { return "errno \(code)" }
    return unsafe String(cString: text)
}
