import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// How much of its volume a copy-on-write snapshot outlives.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct SnapshotReserveTests {
    @Test func `with all of the volume in reserve, all of it may be overwritten`() throws {
        try withTemporaryFolder { folder in
            let group = try folder.makeVolumeGroup(diskSize: .mebibytes(200))
            let tier = TestTier(over: group, .thick(ThickOptions(snapshotReserve: 100)))
            try tier.backend.start()
            let id = try tier.create("a")
            try tier.fill(id)
            let snapshot = try tier.snapshot(id, named: "s")
            let path = try tier.backend.attach(id).path
            for mebibyte in 0..<32 {
                let bytes = Bytes.noise(count: 1 << 20, seed: UInt64(mebibyte))
                try Bytes.write(bytes, to: path, at: Int64(mebibyte) << 20)
            }
            let copy = try tier.create("b", from: .snapshot(snapshot))
            try tier.expectFilled(copy)
        }
    }
}
