/// A call that did not end with OK, on either side of the wire.
package struct RPCFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let code: StatusCode
    package let message: String
    /// How far the operation has come that is in the way: 0...100; nil where nobody has told.
    package let progress: Int?
    /// Whether a Cairn's handler has answered this, at the client.
    ///
    /// Everything else that ends a call is none: what C-core or a proxy has made up, and a server's
    /// word that it cannot serve the call at all.
    package let isAnswer: Bool

    /// A progress out of its range is dropped: it may come from the wire.
    package init(
        _ code: StatusCode,
        _ message: String,
        progress: Int? = nil,
        isAnswer: Bool = false
    ) {
        self.code = code
        self.message = message
        self.progress = progress.flatMap { (0...100).contains($0) ? $0 : nil }
        self.isAnswer = isAnswer
    }

    package var description: String { "\(code.name): \(message)" }

    /// What a status message may hold, in bytes.
    ///
    /// It travels in the trailers, and a C-core client with default limits turns trailers of 8 KiB
    /// into RESOURCE_EXHAUSTED; percent-encoding can triple a message. 2 KiB always fits.
    package static let messageLimit = 2048

    /// The message as it goes on the wire: at most ``messageLimit`` bytes, cut between characters.
    var wireMessage: [UInt8] {
        let bytes = Array(message.utf8)
        guard bytes.count > Self.messageLimit else { return bytes }
        var end = Self.messageLimit
        while end > 0, bytes[end] & 0b1100_0000 == 0b1000_0000 { end -= 1 }
        return Array(bytes[..<end])
    }
}
