import TestSupport

/// A file in a mounted volume.
enum Greeting {
    static func write(_ text: String, in folder: String) throws {
        try Bytes.write(text, to: "\(folder)/greeting")
    }

    static func read(in folder: String) throws -> String {
        String(decoding: try Bytes.read("\(folder)/greeting"), as: UTF8.self)
    }
}
