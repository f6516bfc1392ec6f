import CDigestShim

/// SHA-256 by libcrypto.
package enum SHA256 {
    /// The digest of the text's UTF-8 in 64 lowercase hex digits.
    package static func hex(of text: String) -> String {
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: Int(cdigest_sha256_size))
        let done = unsafe cdigest_sha256(bytes, bytes.count, &digest)
        precondition(done, "libcrypto has no SHA-256")
        var hex: [UInt8] = []
        hex.reserveCapacity(digest.count * 2)
        for byte in digest {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        return String(decoding: hex, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
