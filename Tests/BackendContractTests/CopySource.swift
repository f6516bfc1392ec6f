import Backend
import DriverCore
import TestSupport

/// What the tests of copies look for in a copy: noise at the beginning, a gap, bytes near the end.
enum CopySource {
    static let name = "source"
    static var id: VolumeID { volumeID(name) }
    private static let noise = Bytes.noise(count: 1 << 20)
    private static let tail = Array("tail".utf8)

    @discardableResult
    static func make(in storage: Storage) throws -> VolumeID {
        try storage.backend.create(volumeRecord(name))
        try storage.write(noise, to: id)
        try storage.write(tail, to: id, at: .mebibytes(31))
        return id
    }

    /// Overwrites each part of it.
    static func change(in storage: Storage, _ id: VolumeID = id) throws {
        try storage.write([UInt8](repeating: 9, count: 1 << 20), to: id)
        try storage.write([9], to: id, at: .mebibytes(8))
        try storage.write([9, 9, 9, 9], to: id, at: .mebibytes(31))
    }

    /// Whether the volume holds what the source held, and zeros behind that.
    static func isHeld(by id: VolumeID, in storage: Storage) throws -> Bool {
        let parts = try storage.withDevice(id) { device in
            [
                try Bytes.read(device, count: noise.count) == noise,
                try Bytes.isZero(device, at: 1 << 20, count: 30 << 20),
                try Bytes.read(device, at: 31 << 20, count: 4) == tail,
                try Bytes.isZero(device, at: (31 << 20) + 4),
            ]
        }
        return parts.allSatisfy { $0 }
    }
}
