import Backend
import DriverCore
import TestSupport
import Testing

/// No volume ever shows what an earlier one held.
@Suite(.timeLimit(.minutes(10)))
struct OldBytesTests {
    private let pattern = [UInt8](repeating: 0xA5, count: 1 << 20)

    /// Writes over half of the room that there is, and gives it back.
    private func dirty(_ storage: Storage) throws {
        let room = try storage.backend.capacity().maximumVolumeSize
        let unit = try storage.backend.sizeUnit
        let sizes = [room.bytes / 3, room.bytes / 5]
            .map { ByteCount($0).roundedDown(toMultipleOf: unit) }
        for (index, size) in sizes.enumerated() {
            let id = try storage.backend.create(volumeRecord("old \(index)", size: size)).id
            try storage.withDevice(id) { try Bytes.fill($0, with: pattern) }
        }
        for index in sizes.indices { try storage.backend.deleteVolume(volumeID("old \(index)")) }
    }

    /// As small as the file systems of loop tiers can be.
    private let options = StorageOptions(size: .mebibytes(304), overcommit: 1)

    @Test(arguments: BackendKind.allCases)
    func `a new volume reads no byte of a deleted one of its name and size`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            for _ in 0..<2 {
                let id = try storage.backend.create(volumeRecord("a", size: .mebibytes(64))).id
                #expect(try storage.isZero(id))
                try storage.withDevice(id) { try Bytes.fill($0, with: pattern) }
                try storage.backend.deleteVolume(id)
            }
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a volume over all the room reads no byte of those before it`(kind: BackendKind) throws {
        try withStorage(kind, options) { storage in
            try dirty(storage)
            let size = try storage.backend.capacity().maximumVolumeSize
            let id = try storage.backend.create(volumeRecord("new", size: size)).id
            #expect(try storage.isZero(id))
        }
    }

    @Test(arguments: BackendKind.allLayouts)
    func `neither growth nor the tail of a copy shows old bytes`(kind: BackendKind) throws {
        try withStorage(kind, options) { storage in
            try dirty(storage)
            let small = ByteCount.mebibytes(8)
            let id = try storage.backend.create(volumeRecord("new", size: small)).id
            _ = try storage.backend.expandVolume(id, to: .mebibytes(48))
            #expect(try storage.isZero(id))
            let clone = volumeRecord("clone", size: .mebibytes(96), source: .volume(id))
            #expect(try storage.isZero(storage.backend.create(clone).id))
        }
    }
}
