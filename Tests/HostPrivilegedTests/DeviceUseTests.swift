import DriverCore
import Glibc
import TestSupport
import Testing

@testable import Host

/// By what mounts a device is in use, here and in other mount namespaces.
@Suite(.timeLimit(.minutes(5)))
struct DeviceUseTests {
    private let loops = LoopDevices()

    @Test
    func `a node of any name is known by its number`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let holder = try folder.target("nodes")
            try holder.createDirectory()
            #expect(unsafe mount("none", holder.path, "tmpfs", 0, nil) == 0)
            folder.onCleanup { Paths.forceUnmount(holder.path) }
            let node = "\(holder.path)/anything"
            #expect(unsafe mknod(node, S_IFBLK | 0o600, dev_t(image.device.number)) == 0)
            let target = try folder.target("published")
            try target.createFile()
            try Mounts.bind(node, to: target, readOnly: false, flags: [])
            folder.onCleanup { Paths.forceUnmount(target.path) }
            let uses = try DeviceUse.own(
                ofDevice: image.device.path,
                number: image.device.number
            )
            #expect(uses.map(\.target) == [target.path])
            #expect(uses.map(\.isNode) == [true])
            let error = #expect(throws: DriverError.self) {
                try loops.detach(image.device, backing: image.identity)
            }
            #expect(error?.message.contains(target.path) == true)
        }
    }

    @Test
    func `a file that only has a device's name is no use of it`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let holder = try folder.target("nodes")
            try holder.createDirectory()
            #expect(unsafe mount("none", holder.path, "tmpfs", 0, nil) == 0)
            folder.onCleanup { Paths.forceUnmount(holder.path) }
            let file = "\(holder.path)/loop\(image.device.index)"
            try Bytes.write([1], to: file)
            let target = try folder.target("bound")
            try target.createFile()
            try Mounts.bind(file, to: target, readOnly: false, flags: [])
            folder.onCleanup { Paths.forceUnmount(target.path) }
            let uses = try DeviceUse.own(
                ofDevice: image.device.path,
                number: image.device.number
            )
            #expect(uses.isEmpty)
        }
    }

    @Test(arguments: FilesystemType.allCases)
    func `a file system that another namespace keeps stays, and the holder is named`(
        type: FilesystemType
    ) async throws {
        try await withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(type, size: .mebibytes(300), named: "pool")
            let stranger = try await PrivateNamespace(in: folder)
            try Mounts.unmountAll(pool.target)
            let error = #expect(throws: DriverError.self) {
                try loops.detach(pool.image.device, backing: pool.image.identity)
            }
            #expect(error?.code == .inUse)
            for word in [pool.path, "process \(stranger.pid) (sleep)"] {
                #expect(error?.message.contains(word) == true, "\(error as Any)")
            }
            try await stranger.end()
            try loops.detach(pool.image.device, backing: pool.image.identity)
            #expect(try loops.find(backing: pool.image.identity) == nil)
        }
    }

    @Test
    func `a node that another namespace keeps is not detached`() async throws {
        try await withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let target = try folder.target("published")
            try target.createFile()
            try Mounts.bind(image.device.path, to: target, readOnly: false, flags: [])
            let stranger = try await PrivateNamespace(in: folder)
            try Mounts.unmountAll(target)
            let held = try DeviceUse.elsewhere(
                ofDevice: image.device.path,
                number: image.device.number
            )
            #expect(held.map(\.target) == [target.path])
            #expect(held.map(\.isNode) == [true])
            #expect(held.first?.holder?.pid == stranger.pid)
            #expect(throws: DriverError.self) {
                try loops.detach(image.device, backing: image.identity)
            }
            try await stranger.end()
            try loops.detach(image.device, backing: image.identity)
        }
    }

    @Test
    func `a namespace that ends while the detach waits is no refusal`() async throws {
        try await withTemporaryFolder { folder in
            let pool = try folder.mountFilesystem(.ext4, size: .mebibytes(64), named: "pool")
            let stranger = try await PrivateNamespace(folder: folder.path, seconds: 1)
            try Mounts.unmountAll(pool.target)
            try DeviceUse.refuse(
                ofDevice: pool.image.device.path,
                number: pool.image.device.number,
                patience: .seconds(60)
            ) { () throws(DriverError) in false }
            try await stranger.end()
            try loops.detach(pool.image.device, backing: pool.image.identity)
        }
    }

    @Test
    func `a program that has the device open is named`() async throws {
        try await withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let held = try ChildProgram(
                "/usr/bin/flock",
                ["--no-fork", image.device.path, "/usr/bin/sleep", "10000"],
                standardError: folder.path(of: "log")
            )
            defer { held.signal(SIGKILL) }
            let end = ContinuousClock.now + .seconds(60)
            while ProcessHolder.opening(image.device.path)?.command != "sleep" {
                try #require(ContinuousClock.now < end)
            }
            let error = #expect(throws: DriverError.self) {
                try loops.detach(image.device, backing: image.identity)
            }
            #expect(error?.message.contains("process \(held.pid) (sleep)") == true)
            held.signal(SIGKILL)
            // A child that nobody waits for keeps Swift Testing's exit tests from seeing theirs end.
            _ = try await held.waitForEnd()
        }
    }

    @Test(arguments: [
        ("0::/system.slice/sshd.service\n", nil),
        ("0::/\n", nil),
        ("", nil),
        ("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-\(id).scope\n", id),
        ("0::/kubepods/burstable/pod8/\(id)\n", id),
        ("0::/kubepods/pod8/\(id)/init.scope\n", id),
        ("12:cpu:/docker/\(id)\n1:name=systemd:/docker/\(id)\n", id),
        ("0::/system.slice/docker-\(id).scope\n", id),
        ("0::/kubepods/pod8/\(id)0\n", nil),
    ])
    func `the container is found in the groups of its processes`(
        text: String,
        container: String?
    ) {
        #expect(ProcessHolder.container(inGroups: text) == container)
    }

    private static let id = String(repeating: "0123456789abcdef", count: 4)
}
