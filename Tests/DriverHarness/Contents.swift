import DriverCore
import TestSupport
package import Testing

/// Writes a small and a large file into a mounted volume, down to its storage.
package func write(_ mark: String, in folder: String) throws {
    try Bytes.write(padded(mark), to: "\(folder)/contents")
    try Bytes.write(noise(mark), to: "\(folder)/noise")
}

/// Expects what ``write(_:in:)`` wrote.
package func expectContents(
    _ mark: String,
    in folder: String,
    at location: SourceLocation = #_sourceLocation
) throws {
    #expect(try Files.text("\(folder)/contents") == padded(mark), sourceLocation: location)
    #expect(try Bytes.read("\(folder)/noise") == noise(mark), sourceLocation: location)
}

/// Bytes that only this mark gives.
package func noise(_ mark: String) -> [UInt8] {
    Bytes.noise(count: 200_000, seed: mark.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
}

/// Of one length, so that a mark covers the one before it.
private func padded(_ mark: String) -> String {
    mark + String(repeating: ".", count: max(0, 40 - mark.utf8.count))
}
