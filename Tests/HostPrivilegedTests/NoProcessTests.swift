import DriverCore
import Glibc
import Host
import TestSupport
import Testing

/// What a node does all day starts no process: counted by the kernel, in a process of its own.
@Suite(.timeLimit(.minutes(5)))
struct NoProcessTests {
    /// Goes up with every child that was waited for, as each touches pages; children that were not
    /// waited for are found by ``HostCommandTests/hasNoChild()``.
    static func pagesTouchedByChildren() -> Int {
        var usage = rusage()
        _ = unsafe getrusage(RUSAGE_CHILDREN.rawValue, &usage)
        return usage.ru_minflt
    }

    @Test
    func `a child is noticed by the count`() async {
        await #expect(processExitsWith: .success) {
            let before = NoProcessTests.pagesTouchedByChildren()
            try #require(before == 0)
            _ = try HostCommand(program: "/bin/true", arguments: []).run(deadline: .seconds(60))
            try #require(NoProcessTests.pagesTouchedByChildren() > before)
        }
    }

    @Test
    func `attach, stage, publish, stats, growth and all their undoing start none`() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            defer { folder.cleanUp() }
            for type in FilesystemType.allCases {
                let image = try folder.attachImage("\(type).img", size: .mebibytes(300))
                try Filesystems.make(type, on: image.device.path, options: [], isThick: false)
                try LoopDevices().detach(image.device, backing: image.identity)
                let before = NoProcessTests.pagesTouchedByChildren()
                try NoProcessTests.useVolume(in: folder, file: image.file, type)
                try #require(NoProcessTests.pagesTouchedByChildren() == before)
                try #require(HostCommandTests.hasNoChild())
            }
        }
    }

    private static func useVolume(in folder: TemporaryFolder, file: String, _ type: FilesystemType)
        throws
    {
        let image = try folder.attach(file, directIO: true)
        let device = image.device.path
        guard case .filesystem = Probe.look(at: device) else {
            throw DriverError(.hostFailure, "no file system on \(device)")
        }
        _ = try Filesystems.checkIfAsked(device, type: type)
        let staged = try folder.target("staged")
        let published = try folder.target("published")
        let block = try folder.target("block")
        try staged.createDirectory()
        try Mounts.mount(device: device, at: staged, filesystem: type, flags: [], readOnly: false)
        try published.createDirectory()
        try Mounts.bind(staged, to: published, readOnly: true, flags: ["noatime"])
        try block.createFile()
        try Mounts.bind(device, to: block, readOnly: false, flags: [])
        try Freezer.freeze(mountedAt: staged.path)
        try Freezer.thaw(mountedAt: staged.path)
        try Bytes.makeFile(file, size: .mebibytes(400))
        try HeldDevice(opening: image.device.path).takeOverFileSize()
        if type != .ext4 || Capabilities.canGrowExt4 {
            try Filesystems.grow(mountedAt: staged.path, type: type)
        }
        _ = try Filesystems.usage(at: published.path)
        try Mounts.unmountAll(block)
        try block.removeFile()
        try Mounts.unmountAll(published)
        try published.removeDirectory()
        try Mounts.unmountAll(staged)
        try staged.removeDirectory()
        try LoopDevices().detach(image.device, backing: image.identity)
    }
}
