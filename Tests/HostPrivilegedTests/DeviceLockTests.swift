import DriverCore
import Glibc
import TestSupport
import Testing

@testable import Host

@Suite(.timeLimit(.minutes(5)))
struct DeviceLockTests {
    @Test(arguments: FilesystemType.allCases)
    func `no file system is made while an orphaned program works on the device`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let device = try folder.attachImage("a", size: .mebibytes(300)).device.path
            let orphan = unsafe open(device, O_RDONLY | O_CLOEXEC)
            try #require(orphan >= 0 && flock(orphan, LOCK_EX) == 0)
            let error = #expect(throws: DriverError.self) {
                try Filesystems.make(
                    type,
                    on: device,
                    options: [],
                    isThick: false,
                    replacingHalfMade: true
                )
            }
            #expect(error?.code == .operationPending)
            #expect(error?.message.contains(device) == true)
            #expect(Probe.look(at: device) == .blank)
            close(orphan)
            try Filesystems.make(type, on: device, options: [], isThick: false)
        }
    }

    @Test func `the program holds the lock as long as it lives`() throws {
        try withTemporaryFolder { folder in
            let device = try folder.attachImage("a", size: .mebibytes(16)).device.path
            // It tries to lock the device anew, which only its own inherited lock can forbid.
            let script = "open(D, '<', $ARGV[0]) or exit 9; exit(flock(D, 2 | 4) ? 1 : 0)"
            let command = HostCommand(program: "/usr/bin/perl", arguments: ["-e", script, device])
            let lock = try DeviceLock(of: HeldDevice(opening: device))
            let locked = try command.run(deadline: .seconds(60), holding: lock)
            #expect(locked.exitCode == 0)
            _ = consume lock
            #expect(try command.run(deadline: .seconds(60)).exitCode == 1)
        }
    }
}
