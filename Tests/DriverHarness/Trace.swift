import TestSupport

/// Which programs the driver starts, told by strace.
package enum Trace {
    /// The tracer runs as a grandchild, so that the process that is started is the driver itself.
    package static func command(in folder: String) -> [String] {
        [
            "/usr/bin/strace", "-D", "-f", "-qq", "-e", "trace=execve,execveat", "-e",
            "signal=none", "-o", "\(folder)/trace",
        ]
    }
}

extension Cluster {
    /// Every program that was started so far, in order; the driver itself is left out.
    package func startedPrograms() throws -> [String] {
        let lines = try Files.text("\(folder)/trace").split(separator: "\n")
        // `7 execve("/usr/sbin/mkfs.ext4", [...]) = 0`, which other calls may cut in two lines; the
        // second then has no path.
        let starts = lines.filter { $0.contains(" execve(") && !$0.contains(" = -1 ") }
        return starts.compactMap { line in
            line.split(separator: "\"").dropFirst().first.map(String.init)
        }.filter { !$0.hasSuffix("/cairn") && $0 != "/usr/bin/strace" }
    }
}
