import CSIClient
import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport

/// A driver over two tiers in a folder of the test: `scratch`, thin and the default, and `thick`.
struct Node: Sendable {
    let folder: String
    var endpoint: String { "unix://\(folder)/csi.sock" }
    var tiersFile: String { "\(folder)/tiers.yaml" }
    var scratch: String { "\(folder)/scratch" }
    var stateFolder: String { "\(folder)/state" }

    /// A target beneath the folder that stands for kubelet's.
    func target(_ name: String) -> String { "\(folder)/mnt/\(name)" }

    /// Runs a command against this driver, with its tiers file.
    func cairn(_ arguments: String...) async throws -> Outcome {
        try await CommandLine.run(arguments, environment: environment)
    }

    func cairnOnTerminal(_ arguments: String..., environment extra: [String] = []) async throws
        -> Outcome
    {
        try await CommandLine.runOnTerminal(arguments, environment: environment + extra)
    }

    var environment: [String] {
        [
            "CSI_ENDPOINT=\(endpoint)", "CAIRN_CONFIG=\(tiersFile)",
            "CAIRN_STATE_DIR=\(stateFolder)",
        ]
    }

    /// A volume that a test needs and does not test; 16 MiB of ext4 where nothing else is asked.
    @discardableResult
    func make(_ name: String, _ options: String...) async throws -> VolumeFacts {
        let size = options.contains("--size") ? [] : ["--size", "16Mi"]
        let outcome = try await CommandLine.run(
            ["volume", "create", name, "--output", "json"] + size + options,
            environment: environment
        )
        return try outcome.decoded(VolumeFacts.self)
    }

    /// What the kernel shows at a path, the lowest layer first.
    func mounts(at path: String) throws -> [MountEntry] {
        try MountTable.read().filter { $0.target == path }
    }
}

/// What the tests read of a volume in JSON.
struct VolumeFacts: Decodable {
    let id: String
    let sizeBytes: Int64
    let name: String?
    let tier: String?
    let filesystem: String?
    let isBlock: Bool?
    let contents: String?
    let source: String?
    let targets: [String]
}

/// Runs a test beside a driver of its own, and takes both down whatever happens.
///
/// `prepare` gets the folder in which the tiers' directories are, before the driver starts.
/// `earlier` runs against a driver of another node id over the same tiers, before that one is renamed.
func withNode(
    preparing prepare: (TemporaryFolder) throws -> Void = { _ in },
    earlier: ((Node) async throws -> Void)? = nil,
    _ body: (Node) async throws -> Void
) async throws {
    try await withTemporaryFolder { folder in
        let node = Node(folder: folder.path)
        for name in ["mnt", "scratch", "thick"] { _ = try folder.makeFolder(name) }
        try Bytes.write(
            """
            tiers:
              - name: scratch
                default: true
                loop: {directory: \(node.scratch), create: true, mountPoint: false}
              - name: thick
                reserve: 1Mi
                loop: {directory: \(node.folder)/thick, provisioning: thick, create: true,
                       mountPoint: false}

            """,
            to: node.tiersFile
        )
        try prepare(folder)
        folder.onCleanup { Leftovers.remove(beneath: node.folder) }
        if let earlier { try await withDriver(of: node, id: "earlier", earlier) }
        try await withDriver(of: node, id: "command-line", body)
    }
}

private func withDriver(of node: Node, id: String, _ body: (Node) async throws -> Void)
    async throws
{
    let driver = try startDriver(node, id: id)
    let outcome: Result<Void, any Error>
    do {
        try await becomeReady(node)
        outcome = .success(try await body(node))
    } catch {
        outcome = .failure(error)
    }
    // Whatever a test left: the mounts can go only when nobody makes new ones.
    driver.signal(SIGKILL)
    _ = try await driver.waitForEnd()
    try outcome.get()
}

private func startDriver(_ node: Node, id: String) throws -> ChildProgram {
    try ChildProgram(
        try Driver.binary(),
        [
            "standalone", "--endpoint", node.endpoint, "--config", node.tiersFile,
            "--node-id", id, "--usage-dir", "\(node.folder)/usage",
            "--state-dir", node.stateFolder,
            "--kubelet-dir", "\(node.folder)/mnt",
        ],
        standardError: "\(node.folder)/driver.log"
    )
}

private func becomeReady(_ node: Node) async throws {
    var options = ChannelOptions()
    options.waitsForReady = true
    let channel = try Channel(to: try Endpoint(parsing: node.endpoint), options: options)
    let client = CSIClient(channel: channel)
    let deadline = ContinuousClock.now + .seconds(60)
    var isReady = false
    while !isReady, ContinuousClock.now < deadline {
        isReady = (try? await client.call(ProbeRequest(), timeout: .seconds(2)).ready) ?? false
    }
    await channel.close()
    guard isReady else { throw DriverError(.timedOut, "the driver in \(node.folder) is not ready") }
}
