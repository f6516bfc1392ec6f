/// The trailers of a handler's failure, in addition to code and message.
///
/// Clients that do not know these names skip them.
enum Trailers {
    /// Marks an answer of a handler.
    static let answer = "cairn-answer"
    /// How far the operation has come that is in the way, in percent.
    static let progress = "cairn-progress"

    static func of(_ failure: RPCFailure) -> [(name: String, value: String)] {
        [(answer, "1")] + (failure.progress.map { [(progress, "\($0)")] } ?? [])
    }

    /// The number in a value from the wire: nothing but one to three digits.
    static func number(_ value: String) -> Int? {
        let digits = value.utf8
        let isNumber =
            (1...3).contains(digits.count) && digits.allSatisfy { (0x30...0x39).contains($0) }
        return isNumber ? Int(value) : nil
    }
}
