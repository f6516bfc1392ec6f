import CDeviceMapperShim
import DriverCore

/// A range of a device and what the kernel makes it of.
package struct MappedTarget: Sendable, Hashable {
    /// In sectors of 512 bytes.
    package let start: UInt64
    /// In sectors of 512 bytes.
    package let length: UInt64
    /// `thin-pool`, `linear`, `error`, ...
    package let type: String
    /// The status text of the target; empty where it has none.
    package let status: String

    package init(start: UInt64, length: UInt64, type: String, status: String) {
        self.start = start
        self.length = length
        self.type = type
        self.status = status
    }

    init(copying target: cdm_target) {
        start = unsafe target.start_sector
        length = unsafe target.sector_count
        type = unsafe String(cString: target.type)
        status = unsafe String(cString: target.parameters)
    }
}

/// A status that is read word by word.
///
/// Kernels append words, so words behind those that are known are let pass; words that are missing
/// or are not what they should be are refused.
struct StatusWords {
    private let target: String
    private let text: String
    private var words: ArraySlice<Substring>

    init(_ text: String, of target: String) {
        self.target = target
        self.text = text
        words = text.byteSplit(separator: " ")[...]
    }

    /// The next word, which has to be there.
    mutating func word() throws(DriverError) -> Substring {
        guard let word = words.popFirst() else { throw refusal() }
        return word
    }

    mutating func number() throws(DriverError) -> UInt64 {
        guard let number = UInt64(try word()) else { throw refusal() }
        return number
    }

    /// Two numbers: `12/3456`.
    mutating func ratio() throws(DriverError) -> (part: UInt64, whole: UInt64) {
        let numbers = try word().byteSplit(separator: "/", omittingEmptySubsequences: false)
        guard numbers.count == 2, let part = UInt64(numbers[0]), let whole = UInt64(numbers[1])
        else { throw refusal() }
        return (part, whole)
    }

    /// One of the words, converted to its meaning.
    mutating func choice<Meaning>(_ meanings: [String: Meaning]) throws(DriverError) -> Meaning {
        guard let meaning = meanings[String(try word())] else { throw refusal() }
        return meaning
    }

    func refusal() -> DriverError {
        DriverError(
            .unavailable,
            "cannot parse the status of a device mapper target of type \(target): \"\(text)\"; the "
                + "kernel may be newer than the driver"
        )
    }
}
