package import DriverCore
import FoundationEssentials

/// The form of every JSON file that outlives the process: readable, with sorted keys.
package enum DiskFormat {
    package static func encode(_ file: some DiskFile) throws(DriverError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(file)) + [UInt8(ascii: "\n")]
        } catch {
            throw DriverError(.hostFailure, "cannot encode \(type(of: file))", cause: error)
        }
    }

    /// Reads a file; throws `hostFailure`, saying why, for damage and for a newer format.
    package static func decode<File: DiskFile>(_ type: File.Type, from bytes: [UInt8])
        throws(DriverError) -> File
    {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as UnknownVersion {
            throw DriverError(.hostFailure, error.message)
        } catch let error as DecodingError {
            throw DriverError(.hostFailure, damage(error), cause: error)
        } catch {
            throw DriverError(.hostFailure, "invalid JSON: \(error)", cause: error)
        }
    }

    private static func damage(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let place):
            "the key '\(path(place.codingPath + [key]))' is missing"
        case .valueNotFound(_, let place):
            "the key '\(path(place.codingPath))' has no value"
        case .typeMismatch(_, let place) where place.codingPath.isEmpty:
            "it is not a JSON object"
        case .typeMismatch(let type, let place):
            "the value of the key '\(path(place.codingPath))' is not of type \(type)"
        case .dataCorrupted(let place) where place.codingPath.isEmpty:
            "it is not valid JSON"
        case .dataCorrupted(let place):
            "the key '\(path(place.codingPath))' is damaged: \(place.debugDescription)"
        @unknown default: "it cannot be read: \(error)"
        }
    }

    /// `record.capabilities.0.mode`.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { key in key.intValue.map(String.init) ?? key.stringValue }.joined(separator: ".")
    }
}
