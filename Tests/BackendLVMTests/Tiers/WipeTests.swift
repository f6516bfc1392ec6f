import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// A thick volume shows no byte of whoever had its extents before.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct WipeTests {
    private func makeTier(in folder: TemporaryFolder, _ wipe: WipePolicy) throws -> TestTier {
        let group = try folder.makeVolumeGroup(diskSize: .mebibytes(100))
        let tier = TestTier(over: group, .thick(ThickOptions(wipe: wipe)))
        try tier.backend.start()
        return tier
    }

    /// Fills the whole group with a volume, writes to each byte of it, and deletes it.
    private func soil(_ tier: TestTier) throws {
        let size = try tier.backend.capacity().maximumVolumeSize
        let id = try tier.create("soil", mebibytes: size.bytes >> 20)
        let path = try tier.backend.attach(id).path
        let noise = Bytes.noise(count: 1 << 20)
        for place in 0..<size.bytes >> 20 { try Bytes.write(noise, to: path, at: place << 20) }
        try tier.backend.deleteVolume(id)
    }

    /// Reads a volume as raw block, from a byte on to its end.
    private func expectZeros(_ id: VolumeID, from start: Int64 = 0, in tier: TestTier) throws {
        let path = try tier.backend.attach(id).path
        let count = try BlockDevice.size(of: path).bytes - start
        try Guest.run("cmp", ["-n", "\(count)", "-i", "\(start):0", path, "/dev/zero"])
    }

    @Test(arguments: [WipePolicy.zero, .discard])
    func `a volume that is made again reads no byte of its predecessor`(
        wipe: WipePolicy
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try makeTier(in: folder, wipe)
            try soil(tier)
            let size = try tier.backend.capacity().maximumVolumeSize
            let id = try tier.create("soil", mebibytes: size.bytes >> 20)
            try expectZeros(id, in: tier)
        }
    }

    @Test(arguments: [WipePolicy.zero, .discard])
    func `the grown part of a volume reads as zeros`(wipe: WipePolicy) throws {
        try withTemporaryFolder { folder in
            let tier = try makeTier(in: folder, wipe)
            try soil(tier)
            let id = try tier.create("a")
            try tier.fill(id)
            // Beside another one, so that the growth is of several pieces.
            try tier.create("b", mebibytes: 4)
            #expect(try tier.backend.expandVolume(id, to: .mebibytes(80)).size == .mebibytes(80))
            try tier.expectFilled(id)
            try expectZeros(id, from: 32 << 20, in: tier)
        }
    }

    @Test
    func `the part behind a copy reads as zeros`() throws {
        try withTemporaryFolder { folder in
            let tier = try makeTier(in: folder, .zero)
            try soil(tier)
            let source = try tier.create("a", mebibytes: 24)
            try tier.fill(source)
            let copy = try tier.create("b", mebibytes: 60, from: .volume(source))
            try tier.expectFilled(copy)
            try expectZeros(copy, from: 24 << 20, in: tier)
        }
    }

    @Test
    func `what promises nothing shows no signature at least`() throws {
        try withTemporaryFolder { folder in
            let tier = try makeTier(in: folder, .none)
            try soil(tier)
            let id = try tier.create("a")
            let path = try tier.backend.attach(id).path
            let edge = 1 << 20
            let zeros = [UInt8](repeating: 0, count: edge)
            #expect(try Bytes.read(path, count: edge) == zeros)
            #expect(try Bytes.read(path, at: 31 << 20, count: edge) == zeros)
        }
    }
}
