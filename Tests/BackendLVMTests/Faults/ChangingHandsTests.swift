import Backend
import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// An outside hand deactivates a volume that the driver works on, and gives its device number to a
/// volume of its own.
@Suite(.inGuest, .timeLimit(.minutes(10)))
struct ChangingHandsTests {
    @Test(arguments: TestTier.Kind.allCases)
    func `a held volume cannot be deactivated, and shows its own bytes`(
        kind: TestTier.Kind
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            let held = try tier.backend.hold(id)
            #expect(try tier.backend.attachment(of: id) == AttachedDevice(held))
            for take in [
                ["lvm", "lvchange", "--activate", "n", "\(tier.disks.name)/\(id)"],
                ["dmsetup", "remove", "\(held.path)"],
            ] {
                #expect(throws: DriverError.self) {
                    try Guest.run(take[0], Array(take.dropFirst()))
                }
            }
            #expect(throws: DriverError.self) { try tier.backend.detach(id) }
            #expect(try held.size() == .mebibytes(32))
            held.release()
            try tier.expectFilled(id)
            try tier.backend.detach(id)
            try tier.disks.lvm("lvchange", "--activate", "n", "\(tier.disks.name)/\(id)")
            #expect(try tier.backend.attachment(of: id) == nil)
        }
    }

    /// The device is found, not opened yet: the one moment in which its number may change hands.
    @Test(arguments: TestTier.Kind.allCases)
    func `a number that changes hands before the opening is noticed after it`(
        kind: TestTier.Kind
    ) async throws {
        try await withDriver(kind) { cluster in
            let id = try await cluster.create("a").volumeID
            try await cluster.using(id) { try write("mine", in: $0) }
            let group = try Self.group(of: id)
            cluster.driver.setVariables([Failpoint.variable: "lvm.device-found:stop"])
            try await cluster.driver.restart(SIGKILL)
            cluster.driver.setVariables([:])
            try await waitForTier(of: cluster)
            let running = Task { () -> RPCFailure? in
                do {
                    try await cluster.stage(id)
                    return nil
                } catch let failure as RPCFailure {
                    return failure
                }
            }
            try await cluster.waitUntilStopped(try #require(cluster.driver.pid))
            let outcome = Result { try Self.giveAway(id, in: group) }
            cluster.driver.signal(SIGCONT)
            let failure = try await running.value
            let before = try outcome.get()
            #expect(failure?.code == .aborted, "\(String(describing: failure))")
            #expect(try Files.checksum("/dev/\(group)/foreign") == before)
            #expect(try cluster.mounts(at: cluster.staging(id)).isEmpty)
            try await cluster.using(id) { try expectContents("mine", in: $0) }
            #expect(try Files.checksum("/dev/\(group)/foreign") == before)
        }
    }

    private static func group(of id: String) throws -> String {
        let output = try Guest.run(
            "lvm",
            ["lvs", "--noheadings", "-o", "vg_name", "--select", "lv_name=\(id)"]
        )
        return output.standardOutput.filter { !$0.isWhitespace }
    }

    /// Answers the checksum of the foreign volume that has the number now.
    private static func giveAway(_ id: String, in group: String) throws -> String {
        let number = try HeldDevice(opening: "/dev/\(group)/\(id)").number
        try Guest.run("lvm", ["lvchange", "--activate", "n", "\(group)/\(id)"])
        try Guest.run(
            "lvm",
            ["lvcreate", "--yes", "--size", "32m", "--name", "foreign", group]
        )
        let foreign = try HeldDevice(opening: "/dev/\(group)/foreign").number
        try #require(foreign == number, "the number changed hands")
        try Guest.run("mkfs.ext4", ["-q", "/dev/\(group)/foreign"])
        try Bytes.write(noise("foreign"), to: "/dev/\(group)/foreign", at: 30 << 20)
        return try Files.checksum("/dev/\(group)/foreign")
    }
}
