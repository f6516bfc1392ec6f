import ArgumentParser
import DriverCore

/// The values of an option that is given as `key=value` and may be repeated.
enum KeyValues {
    /// Parses `key=value`; throws `invalidRequest` with the option's name for other text and for
    /// duplicates.
    static func read(_ texts: [String], of option: String) throws(DriverError) -> [String: String] {
        var values: [String: String] = [:]
        for text in texts {
            let parts = text.byteSplit(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard parts.count == 2, !parts[0].isEmpty else {
                throw DriverError(
                    .invalidRequest,
                    "\(option) '\(text)' is not of the form key=value"
                )
            }
            guard values.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
                throw DriverError(
                    .invalidRequest,
                    "\(option) '\(parts[0])' is given twice: remove one"
                )
            }
        }
        return values
    }

    /// The same while the command line is being parsed.
    static func validated(_ texts: [String], of option: String) throws -> [String: String] {
        do throws(DriverError) {
            return try read(texts, of: option)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
