import DriverCore

/// Something that takes bytes from anywhere, and what must hold for all of them.
protocol Fuzzer: SendableMetatype {
    /// Returns, whatever the bytes are; a broken promise ends the process.
    static func run(_ input: [UInt8])
}

/// Ends the process where a promise is broken; libFuzzer keeps the input.
func require(_ isKept: Bool, _ promise: @autoclosure () -> String) {
    if !isKept { fatalError(promise()) }
}

/// Runs what may refuse its input, and requires that it does so with this code and in one line.
func expectRefusal(_ code: DriverError.Code, _ body: () throws(DriverError) -> Void) {
    do throws(DriverError) {
        try body()
    } catch {
        require(error.code == code, "refused with \(error.code), not \(code): \(error.message)")
        require(!error.message.isEmpty, "refused without a word")
        require(
            error.message.unicodeScalars.allSatisfy(isPrintable),
            "the refusal cannot be printed: \(error.message.debugDescription)"
        )
    }
}

/// Whether it neither ends a line, moves the cursor of a terminal nor turns the reading direction.
private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f...0xa0, 0xad, 0x200b...0x200f, 0x2028...0x202f, 0x2060...0x206f, 0xfeff:
        false
    default: true
    }
}

/// Runs what has no reason to refuse: it works on the result of a success.
func repeating<Result>(_ what: String, _ body: () throws(DriverError) -> Result) -> Result {
    do throws(DriverError) {
        return try body()
    } catch {
        fatalError("\(what) fails: \(error.message)")
    }
}
