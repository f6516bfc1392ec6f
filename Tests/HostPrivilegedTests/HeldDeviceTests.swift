import DriverCore
import Glibc
import TestSupport
import Testing

@testable import Host

@Suite(.timeLimit(.minutes(5)))
struct HeldDeviceTests {
    private func losetup(_ arguments: String...) throws -> CommandOutput {
        try HostCommand(program: "/usr/sbin/losetup", arguments: arguments)
            .run(deadline: .seconds(60))
    }

    @Test
    func `a detach waits for a held device, and is taken back by its confirmation`()
        throws
    {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let other = folder.path(of: "b")
            try Bytes.makeFile(other, size: .mebibytes(1))
            let held = try HeldDevice.loop(image.device, showing: image.identity)
            #expect(held.number == image.device.number)
            try #require(try losetup("-d", image.device.path).exitCode == 0)
            #expect(try LoopDevices().attachment(of: image.identity)?.isGoing == true)
            #expect(try losetup(image.device.path, other).exitCode != 0)
            try held.confirm()
            held.release()
            #expect(try LoopDevices().attachment(of: image.identity)?.isGoing == false)
        }
    }

    @Test
    func `a device that shows another file, a part of one, or nothing is not held`()
        throws
    {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(2))
            let other = try folder.attachImage("b", size: .mebibytes(2))
            let free = try folder.attachImage("c", size: .mebibytes(2))
            try LoopDevices().detach(free.device, backing: free.identity)
            for device in [other.device, free.device] {
                let error = #expect(throws: DriverError.self) {
                    try HeldDevice.loop(device, showing: image.identity).release()
                }
                #expect(error?.code == .operationPending)
                #expect(error?.message.contains(device.path) == true)
            }
            try LoopDevices().detach(image.device, backing: image.identity)
            for option in ["--offset", "--sizelimit"] {
                #expect(try losetup(option, "4096", image.device.path, image.file).exitCode == 0)
                #expect(throws: DriverError.self) {
                    try HeldDevice.loop(image.device, showing: image.identity).release()
                }
                #expect(try LoopDevices().find(backing: image.identity) == nil)
                #expect(try losetup("-d", image.device.path).exitCode == 0)
            }
        }
    }

    @Test
    func `what is no block device is not held`() throws {
        try withTemporaryFolder { folder in
            let file = folder.path(of: "file")
            try Bytes.makeFile(file, size: .mebibytes(1))
            for path in [file, folder.path, "/dev/null", "/absent"] {
                #expect(throws: DriverError.self) { try HeldDevice(opening: path).release() }
            }
        }
    }

    @Test
    func `a ban on writes is lifted from a device of ours, and from no other`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            try BlockDevice.setReadOnly(image.device.path, true)
            let file = folder.path(of: "b")
            try Bytes.makeFile(file, size: .mebibytes(1))
            let backing = try OwnedDescriptor(opening: file, flags: O_RDWR)
            // Another program was faster.
            let error = #expect(throws: Errno.self) {
                let (number, device) = (backing.rawValue, image.device)
                try LoopDevices.bind(number, file, to: device, directIO: false, readOnly: false)
            }
            #expect(error?.code == EBUSY)
            #expect(try BlockDevice.isReadOnly(image.device.path))
            // losetup leaves the ban to whoever is next.
            #expect(try losetup("-d", image.device.path).exitCode == 0)
            let (number, device) = (backing.rawValue, image.device)
            try LoopDevices.bind(number, file, to: device, directIO: false, readOnly: false)
            #expect(try !BlockDevice.isReadOnly(device.path))
            try LoopDevices().detach(device, backing: FileIdentity(of: file))
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `messages of programs name the device, and mount and superblock are of it`(
        type: FilesystemType
    ) throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: Filesystems.minimumSize(of: type))
            let device = try HeldDevice.loop(image.device, showing: image.identity)
            let error = #expect(throws: DriverError.self) {
                // mkfs itself refuses the value.
                let wrong = ["-m", type == .btrfs ? "--csum" : "9999"]
                try Filesystems.make(type, on: image.device.path, options: wrong, isThick: false)
            }
            #expect(error?.message.contains("/proc/self") == false)
            try Filesystems.make(type, on: device, options: [], isThick: false)
            let target = try folder.target("target")
            try target.createDirectory()
            try Mounts.mount(device, at: target, filesystem: type, flags: [], readOnly: false)
            #expect(try MountTable.layers(at: target).map(\.source) == [image.device.path])
        }
    }
}
