import DriverCore
import DriverHarness
import TestSupport

/// Puts a script before the guest's `lvm`, which can kill it at one of its calls of the kernel.
///
/// That is what happens to a command that runs into its deadline, or that the kernel kills for want
/// of memory.
final class CutCommands: Sendable {
    private let folder: String
    private static let program = "/usr/sbin/lvm"

    init(in folder: TemporaryFolder) throws {
        self.folder = try folder.makeFolder("cut")
        try Guest.run("cp", [Self.program, self.folder])
        let script = "\(self.folder)/script"
        try Bytes.write(text, to: script)
        try Guest.run("chmod", ["755", script])
        try Guest.run("mount", ["--bind", script, Self.program])
        folder.onCleanup { _ = try? Guest.run("umount", [Self.program]) }
    }

    /// What was asked for counts once.
    private var text: String {
        """
        #!/bin/bash
        set -euo pipefail
        cd \(folder)
        wanted=()
        [[ ! -s order ]] || read -ra wanted <order
        [[ ${wanted[0]-} == "$1" ]] || exec ./lvm "$@"
        : >order
        exec strace -D -qq -o calls -e trace=ioctl -e signal=none ${wanted[@]:1} "$PWD/lvm" "$@"

        """
    }

    /// One call of the kernel, as strace tells it.
    struct Call: Sendable {
        /// From 1.
        let number: Int
        let text: Substring

        func changes(_ request: String, _ device: String) -> Bool {
            let name = text.split(separator: "name=\"").dropFirst().first?.prefix { $0 != "\"" }
            return text.contains(", \(request),")
                && (device.isEmpty || name?.hasSuffix(device) == true)
        }
    }

    /// Kills the next command of that name before that call.
    func kill(_ subcommand: String, before call: Call) throws {
        try order("\(subcommand) -e inject=ioctl:signal=KILL:when=\(call.number)")
    }

    /// Notes what the next command of that name asks of the kernel.
    func watch(_ subcommand: String) throws { try order(subcommand) }

    private func order(_ line: String) throws {
        try Bytes.write("\(line)\n", to: "\(folder)/order")
    }

    /// What the command asked that was watched.
    func calls() throws -> [Call] {
        try Files.text("\(folder)/calls").split(separator: "\n")
            .filter { $0.hasPrefix("ioctl(") }
            .enumerated().map { Call(number: $0.offset + 1, text: $0.element) }
    }
}
