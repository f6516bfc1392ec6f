import DriverCore
import Host

/// One run of the program `lvm`; nothing else in Cairn starts it.
///
/// It never asks, and it gets its own settings on top of the host's: the host's locks, devices and
/// filters stay as they are, so commands of the host and of the driver keep out of each other's way.
struct LVMCommand: Sendable, Hashable {
    /// `lvcreate`, for messages.
    let subcommand: String
    private let devices: [String]
    private let arguments: [String]
    /// Settings only for this command, in the syntax of lvm.conf.
    private let ownSettings: String?

    /// `devices` are the only ones that LVM may read: all disks of the group; none means all
    /// devices of the host.
    ///
    /// LVM reads a label from each device that it may look at, so that without them a disk that
    /// hangs would hold the commands of every group, the unconcerned ones too.
    init(
        _ subcommand: String,
        devices: [String] = [],
        settings: String? = nil,
        _ arguments: [String]
    ) {
        self.subcommand = subcommand
        self.devices = devices
        self.arguments = arguments
        ownSettings = settings
    }

    /// Settings that differ from the host's.
    ///
    /// dmeventd, which monitoring would start, does not run where the driver runs, and nothing
    /// extends the admin's pool behind their back. The metadata is its own backup; a copy in
    /// /etc/lvm for each of many small changes would only be noise. A discard of what a removal frees
    /// would undo the zeros that were written there for the next owner.
    private static let settings = """
        activation { monitoring=0 thin_pool_autoextend_threshold=100 \
        snapshot_autoextend_threshold=100 } backup { backup=0 archive=0 } \
        devices { issue_discards=0 }
        """

    /// As a person would type it: without the settings for programs.
    var line: String {
        let settings = ownSettings.map { ["--config", "'\($0)'"] } ?? []
        return ([subcommand] + settings + arguments).joined(separator: " ")
    }

    var argumentVector: [String] {
        let visible = devices.isEmpty ? [] : ["--devices", devices.joined(separator: ",")]
        let settings = [Self.settings, ownSettings].compactMap(\.self).joined(separator: " ")
        return [subcommand, "--config", settings, "--yes"] + visible + arguments
    }

    /// An LVM command of another driver process that still works on the group; nil where there is
    /// none.
    ///
    /// Most likely one that a killed driver left.
    static func stray(on group: String) throws(DriverError) -> RunningProgram? {
        try RunningProgram.all().first { program in
            !program.isOurs && program.words.contains { $0.hasBytePrefix(settings) }
                && program.words.contains { $0 == group || $0.hasBytePrefix("\(group)/") }
        }
    }

    /// Runs it to its end; any exit code is a result.
    ///
    /// Throws `timedOut` after the deadline, once the process is gone: one that a disk holds may
    /// never go, so run it through a ``Gate``.
    func run(deadline: Duration) throws(DriverError) -> CommandOutput {
        // Between suspend and resume of a device nothing may end it.
        try HostCommand(
            .lvm,
            arguments: argumentVector,
            outlivesDriver: true
        ).run(deadline: deadline)
    }

    /// Runs it, and throws where it failed: see ``LVMComplaint`` for the code.
    func succeed(deadline: Duration) throws(DriverError) {
        let output = try run(deadline: deadline)
        guard output.exitCode != 0 else { return }
        throw LVMComplaint(output).error(of: subcommand)
    }
}
