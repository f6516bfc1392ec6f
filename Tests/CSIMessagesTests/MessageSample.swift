import CSIMessages
import Testing

/// A value and the bytes that another implementation makes of it.
struct MessageSample: Sendable, CustomTestStringConvertible {
    let message: any CSIMessage
    let bytes: [UInt8]

    init(_ message: any CSIMessage, _ hex: String) {
        self.message = message
        bytes = decodeHex(hex)
    }

    var testDescription: String { "\(type(of: message))" }
}

/// Pairs of hex digits; white space is skipped.
func decodeHex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

let allSamples =
    identitySamples + controllerSamples + groupControllerSamples
    + snapshotMetadataSamples + nodeSamples + csiSharedSamples
    + nodeRegistrySamples + cairnSharedSamples
