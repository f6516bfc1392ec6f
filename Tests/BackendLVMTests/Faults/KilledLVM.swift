import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLVM

/// Runs `lvm` under strace, which can kill it before any of its calls to the device mapper.
struct KilledLVM {
    private let folder: TemporaryFolder
    private var log: String { folder.path(of: "lvm.trace") }

    init(in folder: TemporaryFolder) { self.folder = folder }

    /// Runs a command to its end; answers each of its ioctls in order, as strace writes them.
    func calls(of arguments: [String]) throws -> [String] {
        try Guest.run(
            "strace",
            ["-qq", "-o", log, "-e", "trace=ioctl", "lvm", arguments[0], "--yes"]
                + arguments.dropFirst()
        )
        return try logged()
    }

    /// The calls that the last command has made.
    func logged() throws -> [String] {
        String(decoding: try Bytes.read(log), as: UTF8.self).split(separator: "\n")
            .map(String.init).filter { $0.hasPrefix("ioctl(") }
    }

    /// Runs a command, and kills it when it begins a call, the first of which is 1.
    func run(_ arguments: [String], killedAt call: Int) {
        let run = ["lvm", arguments[0], "--yes"] + arguments.dropFirst()
        // It cannot succeed.
        _ = try? Guest.run("strace", ["-qq", "-o", "/dev/null"] + Self.killing(at: call) + run)
    }

    static func killing(at call: Int) -> [String] {
        ["-e", "trace=ioctl", "-e", "inject=ioctl:signal=KILL:when=\(call)"]
    }

    /// The numbers of the calls that suspend a device.
    static func suspends(in calls: [String]) -> [Int] {
        numbers(in: calls) { $0.contains("DM_DEV_SUSPEND") && $0.contains("flags=DM_SUSPEND_FLAG") }
    }

    /// The numbers of the calls that send a message to a target.
    static func messages(in calls: [String]) -> [Int] {
        numbers(in: calls) { $0.contains("DM_TARGET_MSG") }
    }

    private static func numbers(in calls: [String], _ isOne: (String) -> Bool) -> [Int] {
        calls.indices.filter { isOne(calls[$0]) }.map { $0 + 1 }
    }
}

extension TestTier {
    /// The devices of the group that are suspended now.
    func suspended() throws -> [String] {
        let columns = ["--columns", "--noheadings", "--separator", " ", "-o", "name,suspended"]
        return try Guest.run("dmsetup", ["info"] + columns).standardOutput.split(separator: "\n")
            .filter { $0.hasPrefix("\(disks.name)-") && $0.hasSuffix("Suspended") }
            .map { String($0.prefix { $0 != " " }) }
    }

    /// Takes all devices of the group away without a word to LVM, as a power cut does.
    func forgetDevices() {
        // What lies on another one goes first, in whichever order they are listed.
        for _ in 0..<4 {
            for device in Paths.names(in: "/dev/mapper") where device.hasPrefix("\(disks.name)-") {
                _ = try? Guest.run("dmsetup", ["--noudevsync", "--verifyudev", "remove", device])
            }
        }
    }

    /// What the tier says of itself, in words.
    func problems() -> [String] {
        backend.health().problems.map { problem in
            let kind = problem.kind.map { "\($0) " } ?? ""
            return "\(kind)\(problem.subject): \(problem.message)"
        }
    }
}
