import DriverCore
import FoundationEssentials

/// The JSON of everything that a pool stores: keys sorted, and a `formatVersion` in every file.
enum RecordCoding {
    /// The highest version of any file that this driver understands.
    static let currentVersion = 1

    private struct Version: Decodable {
        let formatVersion: Int
    }

    static func encode(_ value: some Encodable) throws(DriverError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw DriverError(.hostFailure, "cannot encode \(type(of: value))", cause: error)
        }
    }

    /// Decodes a value; throws `hostFailure`, saying why, for damage and for a newer format.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8])
        throws(DriverError) -> Value
    {
        let data = Data(bytes)
        do {
            let version = try JSONDecoder().decode(Version.self, from: data).formatVersion
            guard (1...currentVersion).contains(version) else {
                throw DriverError(
                    .hostFailure,
                    "format version \(version) is unknown, this driver reads up to "
                        + "\(currentVersion); run the version of Cairn that wrote it"
                )
            }
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DriverError {
            throw error
        } catch {
            throw DriverError(.hostFailure, "no valid JSON record: \(error)", cause: error)
        }
    }
}
