import DriverCore
package import TestSupport

/// Network namespaces that one bridge joins, each with an address of its own.
///
/// The bridge has a namespace too, so nothing of this is seen outside, and two fleets do not meet.
/// The namespaces are held by mounts beneath the folder, and go with them.
package final class FleetNetwork: Sendable {
    private static let hub = "hub"
    private let folder: String

    /// The folder is made.
    init(in folder: String) throws {
        self.folder = folder
        try Paths.makeFolder(folder)
        try makeNamespace(Self.hub)
        try ip(in: Self.hub, "link add bridge type bridge")
        try ip(in: Self.hub, "link set bridge up")
    }

    /// A namespace with an address, and a cable to the bridge that has the namespace's name.
    func add(_ name: String, address: String) throws {
        try makeNamespace(name)
        try ip(in: Self.hub, "link add \(name) type veth peer name eth0 netns \(path(of: name))")
        try ip(in: Self.hub, "link set \(name) master bridge up")
        try ip(in: name, "link set lo up")
        try ip(in: name, "address add \(address)/24 dev eth0")
        try ip(in: name, "link set eth0 up")
    }

    /// What starts a program in a namespace; it sees the same mounts as the tests.
    func wrapper(_ name: String) -> [String] { ["/usr/bin/nsenter", "--net=\(path(of: name))"] }

    /// Pulls the cable: both ends see that the carrier is gone.
    package func cut(_ member: Cluster) throws {
        try ip(in: Self.hub, "link set \(member.name) down")
    }

    /// Drops every packet from and to the member, which nobody is told.
    package func drop(_ member: Cluster) throws {
        try ip(in: Self.hub, "link set \(member.name) nomaster")
    }

    /// Undoes ``cut(_:)`` and ``drop(_:)``.
    package func mend(_ member: Cluster) throws {
        try ip(in: Self.hub, "link set \(member.name) master bridge up")
    }

    /// Runs a program in the namespace of a member; answers what it said.
    package func run(in member: Cluster, _ line: [String]) throws -> String {
        try Tool.run(wrapper(member.name) + line)
    }

    /// Starts a program in the namespace of a member.
    package func start(in member: Cluster, _ line: [String], standardError: String) throws
        -> ChildProgram
    {
        let words = wrapper(member.name) + line
        return try ChildProgram(words[0], Array(words.dropFirst()), standardError: standardError)
    }

    private func path(of name: String) -> String { "\(folder)/\(name)" }

    private func makeNamespace(_ name: String) throws {
        try Bytes.write("", to: path(of: name))
        try Tool.run("/usr/bin/unshare", "--net=\(path(of: name))", "/usr/bin/true")
    }

    private func ip(in name: String, _ words: String) throws {
        let words = words.split(separator: " ").map(String.init)
        try Tool.run(wrapper(name) + ["/usr/sbin/ip"] + words)
    }
}
