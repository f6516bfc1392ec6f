import DriverCore
import Glibc
import Host
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct LoopDevicesTests {
    private let loops = LoopDevices()

    @Test
    func `an attached file is found by its identity and has its size`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(8))
            #expect(try loops.find(backing: image.identity) == image.device)
            #expect(try BlockDevice.size(of: image.device.path) == .mebibytes(8))
            var status = stat()
            #expect(unsafe stat(image.device.path, &status) == 0)
            #expect(UInt64(status.st_rdev) == image.device.number)
        }
    }

    @Test
    func `attaching twice answers the same device, also to another process`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let file = image.file
            #expect(try loops.attach(file: file, directIO: true, readOnly: false) == image.device)
            #expect(try loops.attachment(of: image.identity)?.isReadOnly == false)
            #expect(throws: DriverError.self) {
                try loops.attach(file: file, directIO: false, readOnly: true)
            }
        }
    }

    @Test
    func `direct IO is used where the file system can, and buffered IO elsewhere`() throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(.ext4, size: .mebibytes(64), named: "pool")
            let path = "\(pool.path)/file"
            try Bytes.makeFile(path, size: .mebibytes(4))
            let image = try folder.attach(path, directIO: true)
            #expect(try loops.attachment(of: image.identity)?.usesDirectIO == true)
            // procfs-like file systems refuse O_DIRECT; tmpfs may or may not, but attaches.
            let memory = "/dev/shm/cairn-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            try Bytes.makeFile(memory, size: .mebibytes(1))
            folder.onCleanup { unsafe unlink(memory) }
            _ = try folder.attach(memory, directIO: true)
        }
    }

    @Test
    func `a read-only device refuses writes`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1), readOnly: true)
            #expect(try BlockDevice.isReadOnly(image.device.path))
            #expect(throws: DriverError.self) { try Bytes.write([1], to: image.device.path) }
        }
    }

    @Test
    func `a detached device is gone, and detaching again is OK`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            try loops.detach(image.device, backing: image.identity)
            #expect(try loops.find(backing: image.identity) == nil)
            try loops.detach(image.device, backing: image.identity)
        }
    }

    @Test
    func `a device that shows another file is left alone`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            try Bytes.makeFile(folder.path(of: "b"), size: .mebibytes(1))
            let other = try FileIdentity(of: folder.path(of: "b"))
            try loops.detach(image.device, backing: other)
            #expect(try loops.find(backing: image.identity) == image.device)
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a mounted device is not detached`(type: FilesystemType) throws {
        try withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(type, size: .mebibytes(300), named: "pool")
            let image = pool.image
            let error = #expect(throws: DriverError.self) {
                try loops.detach(image.device, backing: image.identity)
            }
            #expect(error?.code == .inUse)
            #expect(error?.message.contains(pool.path) == true)
            #expect(try loops.attachment(of: image.identity)?.isGoing == false)
        }
    }

    @Test
    func `a device that a program holds open is not detached, and stays attached`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            for flags in [O_RDWR, O_RDWR | O_EXCL] {
                let held = unsafe open(image.device.path, flags | O_CLOEXEC)
                let error = #expect(throws: DriverError.self) {
                    try loops.detach(image.device, backing: image.identity)
                }
                close(held)
                #expect(error?.code == .inUse)
                let attachment = try loops.attachment(of: image.identity)
                #expect(attachment?.device == image.device)
                #expect(attachment?.isGoing == false)
            }
            try loops.detach(image.device, backing: image.identity)
        }
    }

    @Test
    func `a device whose node is published is not detached`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let target = try folder.target("published")
            try target.createFile()
            try Mounts.bind(image.device.path, to: target, readOnly: false, flags: [])
            let error = #expect(throws: DriverError.self) {
                try loops.detach(image.device, backing: image.identity)
            }
            #expect(error?.code == .inUse)
        }
    }

    @Test
    func `a grown file grows its device when it is told`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            try Bytes.makeFile(image.file, size: .mebibytes(5))
            #expect(try BlockDevice.size(of: image.device.path) == .mebibytes(1))
            try HeldDevice(opening: image.device.path).takeOverFileSize()
            #expect(try BlockDevice.size(of: image.device.path) == .mebibytes(5))
        }
    }

    @Test
    func `a symbolic link and a folder are not attached`() throws {
        try withTemporaryFolder { folder in
            try Bytes.makeFile(folder.path(of: "a"), size: .mebibytes(1))
            #expect(unsafe symlink(folder.path(of: "a"), folder.path(of: "link")) == 0)
            for path in [folder.path(of: "link"), folder.path, folder.path(of: "absent")] {
                #expect(throws: DriverError.self) {
                    try loops.attach(file: path, directIO: false, readOnly: false)
                }
            }
        }
    }

    @Test
    func `eight callers at once each get a device of their own, and all go away`()
        async throws
    {
        try await withTemporaryFolder { folder in
            let files = (0..<8).map { folder.path(of: "file\($0)") }
            for file in files { try Bytes.makeFile(file, size: .mebibytes(1)) }
            let pool = BlockingPool(threads: 8)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for file in files {
                    group.addTask {
                        try await pool.run { () throws(DriverError) in
                            try Self.attachAndDetach(file, times: 15)
                        }
                    }
                }
                try await group.waitForAll()
            }
            for file in files {
                #expect(try loops.find(backing: FileIdentity(of: file)) == nil)
            }
        }
    }

    /// Each time with new eyes, as a second driver process would.
    private static func attachAndDetach(_ file: String, times: Int) throws(DriverError) {
        let identity = try FileIdentity(of: file)
        for _ in 0..<times {
            let device = try LoopDevices().attach(file: file, directIO: false, readOnly: false)
            let found = try LoopDevices().find(backing: identity)
            try LoopDevices().detach(device, backing: identity)
            guard found == device else {
                throw DriverError(.hostFailure, "\(file): \(device) was found as \(found as Any)")
            }
        }
    }
}
