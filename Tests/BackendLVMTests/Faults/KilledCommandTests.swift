import Backend
import DriverCore
import TestSupport
import Testing

@testable import BackendLVM

/// What a command of LVM leaves that was killed between two of its steps.
@Suite(.inGuest, .timeLimit(.minutes(5)))
struct KilledCommandTests {
    /// A command that suspends a stack of devices, and how many of them it has suspended by then.
    struct Death: Sendable, CustomStringConvertible {
        let kind: TestTier.Kind
        var layout = Layout.linear
        var hasSnapshot = false
        /// nil: all of them.
        var suspended: Int?

        var description: String { "\(kind) \(layout.raid?.rawValue ?? "") \(hasSnapshot)" }
    }

    private static let deaths = [
        Death(kind: .thin), Death(kind: .thin, suspended: 2),
        Death(kind: .thick, layout: Layout(raid: .raid1)), Death(kind: .thick, hasSnapshot: true),
    ]

    @Test(arguments: deaths)
    func `no device stays suspended after the next start`(death: Death) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(
                death.kind,
                disks: death.layout.width,
                layout: death.layout
            )
            let id = try tier.create("a")
            try tier.fill(id)
            let snapshot = death.hasSnapshot ? try tier.snapshot(id, named: "s") : nil
            let grown = "\(tier.disks.name)/\(snapshot?.text ?? id.text)"
            let growth = ["lvextend", "-L", "+8m", grown]
            let lvm = KilledLVM(in: folder)
            let suspends = KilledLVM.suspends(in: try lvm.calls(of: growth))
            let last = try #require(suspends.prefix(death.suspended ?? .max).last)
            lvm.run(growth, killedAt: last + 1)
            let left = try tier.suspended()
            #expect(left.count > 0)
            #expect(tier.problems().contains { $0.hasPrefix("suspended") })

            let next = tier.again()
            try next.backend.start()
            #expect(try next.suspended() == [])
            #expect(next.problems() == [])
            #expect(next.backend.repairs.resumed == left.count)
            try next.expectFilled(id)
            try next.fill(id, seed: 2)
            if let snapshot {
                let copy = try next.create("b", from: .snapshot(snapshot))
                try next.expectFilled(copy)
            } else {
                _ = try next.backend.expandVolume(id, to: .mebibytes(64))
            }
            try next.expectFilled(id, seed: 2)
        }
    }

    @Test
    func `a stage resumes what its volume stands on`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            let growth = ["lvextend", "-L", "+8m", "\(tier.disks.name)/\(id)"]
            let lvm = KilledLVM(in: folder)
            let suspends = KilledLVM.suspends(in: try lvm.calls(of: growth))
            lvm.run(growth, killedAt: try #require(suspends.dropFirst().first) + 1)
            #expect(try tier.suspended().count == 2)
            try tier.expectFilled(id)
            #expect(try tier.suspended() == [])
        }
    }

    @Test
    func `a command of the driver that is killed holds up nobody`() throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            let lvm = KilledLVM(in: folder)
            let wrapper = try LVMWrapper(in: folder)
            try wrapper.strace(
                "lvextend",
                ["-o", folder.path(of: "lvm.trace"), "-e", "trace=ioctl"]
            )
            _ = try tier.backend.expandVolume(id, to: .mebibytes(40))
            let suspends = KilledLVM.suspends(in: try lvm.logged())
            try wrapper.strace(
                "lvextend",
                ["-o", "/dev/null"] + KilledLVM.killing(at: try #require(suspends.last) + 1)
            )
            // The group has the new size by then, and the device gets it when it is resumed.
            let grown = try tier.backend.expandVolume(id, to: .mebibytes(48))
            #expect(grown.size == .mebibytes(48))
            #expect(try tier.suspended() == [])
            #expect(try tier.deviceSize(of: id) == .mebibytes(48))
            try tier.expectFilled(id)
            wrapper.remove()
            #expect(try tier.backend.expandVolume(id, to: .mebibytes(48)).size == .mebibytes(48))
            try tier.expectFilled(id)
        }
    }

    /// Before its first step, and after its last one.
    @Test(arguments: TestTier.Kind.allCases, [false, true])
    func `a growth whose command is killed is done, or may be asked for again`(
        kind: TestTier.Kind,
        isDone: Bool
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let id = try tier.create("a")
            try tier.fill(id)
            let wrapper = try LVMWrapper(in: folder)
            try wrapper.kill("lvextend", isDone: isDone)
            if isDone {
                let grown = try tier.backend.expandVolume(id, to: .mebibytes(48))
                #expect(grown.size == .mebibytes(48))
                #expect(try tier.deviceSize(of: id) == .mebibytes(48))
            } else {
                expectFailure(.unavailable, "killed by signal 9") {
                    try tier.backend.expandVolume(id, to: .mebibytes(48))
                }
                #expect(try tier.volumes() == [id])
            }
            wrapper.remove()
            #expect(try tier.backend.expandVolume(id, to: .mebibytes(48)).size == .mebibytes(48))
            try tier.expectFilled(id)
            #expect(tier.problems() == [])
        }
    }

    @Test(arguments: TestTier.Kind.allCases, [false, true])
    func `a create whose command is killed leaves nothing, and may be asked for again`(
        kind: TestTier.Kind,
        isDone: Bool
    ) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(kind)
            let wrapper = try LVMWrapper(in: folder)
            try wrapper.kill("lvcreate", isDone: isDone)
            expectFailure(.unavailable, "killed by signal 9") { try tier.create("a") }
            #expect(try tier.volumes().isEmpty)
            wrapper.remove()
            let id = try tier.create("a")
            try tier.fill(id)
            try tier.expectFilled(id)
        }
    }

    /// The group says that the volume is there, with all its tags, and the pool was not told yet.
    @Test(arguments: [false, true])
    func `a volume whose pool was not told of it works`(isPowerCut: Bool) throws {
        try withTemporaryFolder { folder in
            let tier = try folder.makeTier(.thin)
            let id = try tier.create("a")
            try tier.fill(id)
            let lvm = KilledLVM(in: folder)
            let messages = KilledLVM.messages(in: try lvm.calls(of: creation("b", on: tier)))
            lvm.run(creation("c", on: tier), killedAt: try #require(messages.first))
            let cut = TestTier.id("c")
            #expect(try tier.volumes() == [id, TestTier.id("b"), cut])
            if isPowerCut { tier.forgetDevices() }
            let next = tier.again()
            try next.backend.start()
            try next.fill(cut, seed: 3)
            try next.expectFilled(cut, seed: 3)
            try next.expectFilled(id)
            try next.create("d")
            try next.backend.deleteVolume(cut)
            #expect(next.problems() == [])
        }
    }

    /// As the driver makes a thin volume.
    private func creation(_ name: String, on tier: TestTier) -> [String] {
        var record = tier.record(name)
        record.state = .ready
        return [
            "lvcreate", "--name", record.id.text, "--virtualsize", "32m", "--thinpool",
            "\(tier.disks.name)/\(TestTier.pool)",
        ] + record.tags.arguments
    }
}

/// Stands before the program `lvm` of the guest, for all of it.
struct LVMWrapper {
    private let script: String
    private let original: String
    private static let program = "/usr/sbin/lvm"

    init(in folder: TemporaryFolder) throws {
        script = folder.path(of: "wrapper.sh")
        original = "\(try folder.makeFolder("original"))/lvm"
        try Guest.run("cp", [Self.program, original])
        try Bytes.write("#!/bin/sh\nexec \(original) \"$@\"\n", to: script)
        try Guest.run("chmod", ["755", script])
        try Guest.run("mount", ["--bind", script, Self.program])
        folder.onCleanup { _ = try? Guest.run("umount", [Self.program]) }
    }

    /// Runs one of its commands under strace from now on.
    func strace(_ subcommand: String, _ options: [String]) throws {
        let strace = "strace -qq \(options.joined(separator: " "))"
        try Bytes.write(
            """
            #!/bin/sh
            [ "$1" = \(subcommand) ] || exec \(original) "$@"
            exec \(strace) \(original) "$@"

            """,
            to: script
        )
    }

    /// Kills one of its commands from now on, before it begins or when it has done its work.
    func kill(_ subcommand: String, isDone: Bool) throws {
        let work = isDone ? "\(original) \"$@\"" : ":"
        try Bytes.write(
            """
            #!/bin/sh
            [ "$1" = \(subcommand) ] || exec \(original) "$@"
            \(work)
            kill -KILL $$

            """,
            to: script
        )
    }

    func remove() { _ = try? Guest.run("umount", [Self.program]) }
}
