import Glibc

/// The text of an error number: `Permission denied`.
package func errnoText(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "errno \(code)" }
    return unsafe String(cString: text)
}
