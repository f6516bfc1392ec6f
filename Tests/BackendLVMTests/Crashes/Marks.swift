import DriverCore
import TestSupport
import Testing

/// Bytes that a seed tells at a few places of a device, and zeros between them.
enum Marks {
    private static let length = 4096
    /// In MiB: a part of a copy is 4 MiB long.
    private static let places: [Int64] = [0, 5, 10, 15]

    static func write(_ seed: UInt64, to path: String) throws {
        for place in places { try Bytes.write(bytes(seed, place), to: path, at: place << 20) }
    }

    /// Expects them, and zeros behind the last one up to the end of the device.
    static func expect(
        _ seed: UInt64,
        in path: String,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let ends = places.dropFirst().map { $0 << 20 } + [nil]
        for (place, end) in zip(places, ends) {
            let found = try Bytes.read(path, at: place << 20, count: length)
            #expect(
                found == bytes(seed, place),
                "\(path) at MiB \(place)",
                sourceLocation: location
            )
            let start = place << 20 + Int64(length)
            try expectZeros(in: path, from: start, count: end.map { $0 - start }, at: location)
        }
    }

    /// Expects zeros, up to the end of the device where no count is given.
    static func expectZeros(
        in path: String,
        from offset: Int64 = 0,
        count: Int64? = nil,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let isZero = try Bytes.isZero(path, at: offset, count: count)
        #expect(isZero, "\(path) behind byte \(offset)", sourceLocation: location)
    }

    private static func bytes(_ seed: UInt64, _ place: Int64) -> [UInt8] {
        Bytes.noise(count: length, seed: seed << 32 + UInt64(place))
    }
}
