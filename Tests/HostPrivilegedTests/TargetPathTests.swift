import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TargetPathTests {
    @Test(arguments: [
        "", "relative", "/var/lib/kubelet/../../etc/passwd", "/var/lib/kubelet/a/..",
        "/var/lib/kubelet", "/var/lib/kubelet/", "/var/lib/kubeletx/a", "/etc/passwd",
        "/var/lib/kubelet/a\0b", "/var/lib/kubelet/" + String(repeating: "a/", count: 2100),
        "/var/lib/kubelet/" + String(repeating: "a", count: 256),
    ])
    func `a path that could lead elsewhere is refused`(path: String) {
        let error = #expect(throws: DriverError.self) {
            try TargetPath(path, kubeletRoot: "/var/lib/kubelet")
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test(arguments: [
        "/var/lib/kubelet/a/b", "/var/lib/kubelet/a/b/", "//var//lib/kubelet/./a///b//",
    ])
    func `slashes do not matter`(path: String) throws {
        let target = try TargetPath(path, kubeletRoot: "/var/lib/kubelet/")
        #expect(target.path == "/var/lib/kubelet/a/b")
    }

    @Test
    func `the whole system may be the root`() throws {
        try withTemporaryFolder { folder in
            let target = try TargetPath(folder.path(of: "a"), kubeletRoot: "/")
            try target.createDirectory()
            #expect(try target.kind() == .directory)
        }
    }

    @Test
    func `folders and files are made and removed once, and again`() throws {
        try withTemporaryFolder { folder in
            let directory = try folder.target("directory")
            let file = try folder.target("file")
            #expect(try directory.kind() == .absent)
            for _ in 0..<2 {
                try directory.createDirectory()
                try file.createFile()
            }
            #expect(try directory.kind() == .directory)
            #expect(try file.kind() == .file)
            #expect(throws: DriverError.self) { try directory.createFile() }
            #expect(throws: DriverError.self) { try file.createDirectory() }
            for _ in 0..<2 {
                try directory.removeDirectory()
                try file.removeFile()
            }
            #expect(try directory.kind() == .absent)
            #expect(try file.kind() == .absent)
        }
    }

    @Test
    func `a folder that holds something is never removed`() throws {
        try withTemporaryFolder { folder in
            let target = try folder.target("directory")
            try target.createDirectory()
            try Bytes.write("kept", to: "\(target.path)/file")
            let error = #expect(throws: DriverError.self) { try target.removeDirectory() }
            #expect(error?.code == .inUse)
            #expect(throws: DriverError.self) { try target.removeFile() }
            #expect(try Bytes.read("\(target.path)/file") == Array("kept".utf8))
        }
    }

    @Test
    func `a file that holds something is never removed`() throws {
        try withTemporaryFolder { folder in
            let target = try folder.target("file")
            try Bytes.write("kept", to: target.path)
            let error = #expect(throws: DriverError.self) { try target.removeFile() }
            #expect(error?.code == .inUse)
            #expect(try Bytes.read(target.path) == Array("kept".utf8))
        }
    }

    @Test
    func `an absent parent is absent, and nothing is made in it`() throws {
        try withTemporaryFolder { folder in
            let target = try folder.target("absent/child")
            #expect(try target.kind() == .absent)
            try target.removeDirectory()
            try target.removeFile()
            #expect(try target.resolved() == nil)
            #expect(throws: DriverError.self) { try target.createDirectory() }
        }
    }

    @Test
    func `no symbolic link beneath the root is followed`() throws {
        try withTemporaryFolder { folder in
            let outside = try folder.makeFolder("outside")
            let root = try folder.makeFolder("root")
            #expect(unsafe symlink(outside, "\(root)/link") == 0)
            let through = try TargetPath("\(root)/link/child", kubeletRoot: root)
            let itself = try TargetPath("\(root)/link", kubeletRoot: root)
            for call in [through.createDirectory, through.createFile, through.removeFile] {
                let error = #expect(throws: DriverError.self) { try call() }
                #expect(error?.code == .invalidRequest)
            }
            #expect(try itself.kind() == .other)
            #expect(throws: DriverError.self) {
                try Mounts.bind(outside, to: itself, readOnly: true, flags: [])
            }
            #expect(throws: DriverError.self) { try itself.createDirectory() }
            try itself.removeFile()
            #expect(try TargetPath(outside, kubeletRoot: folder.path).kind() == .directory)
        }
    }

    /// The last component would hold the slash, and leave the root through the link.
    @Test(arguments: ["\u{301}", "\u{200D}", "\u{20E3}", "\u{FE0F}"])
    func `a character that joins with a slash does not hide it`(joining: String) throws {
        try withTemporaryFolder { folder in
            let outside = try folder.makeFolder("outside")
            let victim = try folder.makeFolder("outside/\(joining)victim")
            let root = try folder.makeFolder("root")
            #expect(unsafe symlink(outside, "\(root)/link") == 0)
            let mounted = try TargetPath(victim, kubeletRoot: folder.path)
            folder.onCleanup { try? Mounts.unmountAll(mounted) }
            try Mounts.bind(root, to: mounted, readOnly: true, flags: [])
            let target = try TargetPath("\(root)/link/\(joining)victim", kubeletRoot: root)
            for call in [target.removeDirectory, target.createDirectory, target.createFile] {
                let error = #expect(throws: DriverError.self) { try call() }
                #expect(error?.code == .invalidRequest)
            }
            let error = #expect(throws: DriverError.self) { try Mounts.unmountAll(target) }
            #expect(error?.code == .invalidRequest)
            #expect(try MountTable.layers(at: mounted).count == 1)
            try Mounts.unmountAll(mounted)
            #expect(throws: DriverError.self) { try target.removeDirectory() }
            #expect(try mounted.kind() == .directory)
        }
    }

    @Test(arguments: [
        "/var/lib/kubelet/a/..\u{2F}\u{301}etc", "/var/lib/kubelet/\u{301}../x",
        "/\u{301}var/lib/kubelet/a", "/var/lib/kubelet\u{301}/a", "/var/lib/kubelet/a/../\u{301}b",
    ])
    func `a joining character opens no way out`(path: String) {
        do throws(DriverError) {
            let target = try TargetPath(path, kubeletRoot: "/var/lib/kubelet")
            let parts = target.path.utf8.split(separator: UInt8(ascii: "/"))
            #expect(
                parts.starts(with: ["var", "lib", "kubelet"].map { $0.utf8[...] }) {
                    $0.elementsEqual($1)
                }
            )
            #expect(!parts.contains { $0.elementsEqual("..".utf8) })
        } catch {
            #expect(error.code == .invalidRequest)
        }
    }

    @Test
    func `paths that Unicode calls equal are two targets`() throws {
        try withTemporaryFolder { folder in
            let composed = try folder.target("\u{E9}")
            let decomposed = try folder.target("e\u{301}")
            for target in [composed, decomposed] { try target.createDirectory() }
            folder.onCleanup { try? Mounts.unmountAll(composed) }
            try Mounts.bind(folder.path, to: composed, readOnly: true, flags: [])
            #expect(try MountTable.layers(at: composed).count == 1)
            #expect(try MountTable.layers(at: decomposed).isEmpty)
            try Mounts.unmountAll(decomposed)
            #expect(try MountTable.layers(at: composed).count == 1)
            try Mounts.unmountAll(composed)
        }
    }

    /// The mount table is bytes; read as text, they would be a name that somebody else may have.
    @Test
    func `a mount at a path that is not UTF-8 is at no path`() throws {
        try withTemporaryFolder { folder in
            let target = try folder.target("a\u{FFFD}")
            try target.createDirectory()
            let raw: [CChar] = Array(folder.path(of: "a").utf8CString.dropLast()) + [-1, 0]
            #expect(unsafe mkdir(raw, 0o755) == 0)
            #expect(unsafe mount(folder.path, raw, nil, UInt(MS_BIND), nil) == 0)
            folder.onCleanup {
                _ = unsafe umount(raw)
                _ = unsafe rmdir(raw)
            }
            #expect(try MountTable.layers(at: target).isEmpty)
        }
    }

    @Test
    func `the root itself may be reached through a link`() throws {
        try withTemporaryFolder { folder in
            let real = try folder.makeFolder("real")
            let link = folder.path(of: "link")
            #expect(unsafe symlink(real, link) == 0)
            let target = try TargetPath("\(link)/child", kubeletRoot: link)
            folder.onCleanup { try? Mounts.unmountAll(target) }
            try target.createDirectory()
            let resolved = try target.resolved()
            #expect(resolved?.hasSuffix("/real/child") == true)
            try Mounts.bind(real, to: target, readOnly: true, flags: [])
            #expect(try MountTable.layers(at: target).count == 1)
            try Mounts.unmountAll(target)
            #expect(try MountTable.layers(at: target).isEmpty)
            try target.removeDirectory()
        }
    }
}
