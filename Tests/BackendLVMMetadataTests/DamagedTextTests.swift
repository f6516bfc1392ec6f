import DriverCore
import Testing

@testable import BackendLVM

/// Texts that are cut, changed and blown up: each is understood or refused, and nothing else.
@Suite(.timeLimit(.minutes(5))) struct DamagedTextTests {
    @Test func `survives a text that ends anywhere`() throws {
        let bytes = try Sample.mixed.bytes
        for length in bytes.indices {
            let error = Self.failure(of: Array(bytes.prefix(length)))
            #expect(error == nil || error?.code == .hostFailure)
        }
    }

    @Test func `survives any byte that has changed`() throws {
        let bytes = try Sample.mixed.bytes
        var random = SystemRandomNumberGenerator()
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= UInt8.random(in: 1...255, using: &random)
            _ = Self.failure(of: damaged)
        }
    }

    @Test func `survives spans that were lost, doubled or mixed up`() throws {
        let bytes = try Sample.mixed.bytes
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var damaged = bytes
            let from = Int.random(in: bytes.indices, using: &random)
            let until = min(from + Int.random(in: 1...300, using: &random), bytes.count)
            let place = Int.random(in: 0...(bytes.count - (until - from)), using: &random)
            let span = damaged[from..<until]
            if Bool.random(using: &random) { damaged.removeSubrange(from..<until) }
            damaged.insert(contentsOf: span, at: place)
            _ = Self.failure(of: damaged)
        }
    }

    @Test(arguments: ["0", "-1", "4294967295", "4294967296", "9223372036854775807", "1e9"])
    func `survives any number in the place of any other`(number: String) throws {
        let lines = try Sample.mixed.text.split(separator: "\n", omittingEmptySubsequences: false)
        for index in lines.indices where lines[index].last?.isNumber == true {
            guard let end = lines[index].lastIndex(of: "=") else { continue }
            var changed = lines.map(String.init)
            changed[index] = "\(lines[index][...end]) \(number)"
            _ = Self.failure(of: Array(changed.joined(separator: "\n").utf8))
        }
    }

    @Test func `survives volumes that stand on each other in a ring`() throws {
        let text = try Sample.mixed.text.replacing("\"pv0\", 0", with: "\"linear\", 0")
        let group = try VolumeGroupMetadata(parsing: Array(text.utf8))
        #expect(group.disks(beneath: "linear").isEmpty)
    }

    /// What reads a text, and everything that computes with its numbers.
    private static func failure(of bytes: [UInt8]) -> DriverError? {
        do throws(DriverError) {
            let group = try VolumeGroupMetadata(parsing: bytes)
            _ = group.freeExtents()
            for volume in group.logicalVolumes.values {
                _ = group.size(of: volume)
                _ = group.disks(beneath: volume.name)
                _ = group.deviceUUID(of: volume)
            }
            return nil
        } catch {
            return error
        }
    }
}
