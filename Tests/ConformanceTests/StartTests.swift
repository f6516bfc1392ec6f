import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import TestSupport
import Testing

/// Starting, stopping, and what the log tells.
@Suite(.serialized, .cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `The life of the driver` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    struct Mistake: Sendable, CustomStringConvertible {
        let description: String
        let line: Int
        let text: String

        /// A tiers file, the line of its mistake, and what the message must say.
        init(_ text: String, line: Int, says: String) {
            (self.text, self.line, description) = (text, line, says)
        }
    }

    @Test(arguments: [
        Mistake("tiers:\n  - name: a\n    lop: {directory: /tmp/a}\n", line: 3, says: "loop"),
        Mistake(
            "tiers:\n  - name: a\n    loop:\n      directory: /tmp/a\n      size: 3\n",
            line: 5,
            says: "provisioning"
        ),
        Mistake(
            "tiers:\n  - name: a\n    loop: {directory: /tmp/a, provisioning: fat}\n",
            line: 3,
            says: "thick, thin"
        ),
        Mistake("tiers:\n  - name: a\n    loop: {}\n", line: 3, says: "directory"),
        Mistake("tiers: []\n", line: 1, says: "at least one"),
        Mistake("pools: []\n", line: 1, says: "tiers"),
        Mistake("tiers:\n  - name: [\n", line: 3, says: ""),
    ])
    func `a mistake in the tiers file ends it with code 1, file and line`(_ mistake: Mistake)
        async throws
    {
        let folder = "\(cluster.folder)/\(cluster.unique("mistake"))"
        for name in ["", "/run", "/kubelet"] { try Paths.makeFolder(folder + name) }
        let driver = Driver(places: .init(folder: folder))
        try Bytes.write(mistake.text, to: driver.places.tiersFile)
        let end = try await driver.spawn().waitForEnd()
        #expect(end == .exited(1))
        let log = try driver.logText()
        #expect(log.contains("\(driver.places.tiersFile):\(mistake.line): "), "\(log)")
        #expect(log.contains(mistake.description), "\(log)")
        #expect(!Paths.exists(driver.places.socket))
    }

    @Test func `a tiers file that is not there ends it with code 1 and its name`() async throws {
        let folder = "\(cluster.folder)/\(cluster.unique("absent"))"
        for name in ["", "/run", "/kubelet"] { try Paths.makeFolder(folder + name) }
        let driver = Driver(places: .init(folder: folder))
        #expect(try await driver.spawn().waitForEnd() == .exited(1))
        #expect(try driver.logText().contains(driver.places.tiersFile))
    }

    @Test func `SIGTERM and SIGINT end it with code 0, and its socket is gone`() async throws {
        for signal in [SIGTERM, SIGINT] {
            #expect(try await cluster.driver.stop(signal) == .exited(0))
            #expect(!Paths.exists(cluster.driver.places.socket))
            try await cluster.driver.start()
        }
    }

    @Test func `a socket left by a killed driver does not stop the next`() async throws {
        #expect(try await cluster.driver.stop(SIGKILL) == .signalled(SIGKILL))
        #expect(Paths.exists(cluster.driver.places.socket))
        try await cluster.driver.start()
    }

    @Test func `SIGTERM lets a running call end before it ends`() async throws {
        let log = try cluster.driver.log().count
        try await cluster.holdingStage { _ in
            cluster.driver.signal(SIGTERM)
            try await cluster.waitForLog("stopping", after: log)
        }
        try await cluster.heldStageEnds(with: .ok)
        #expect(try await cluster.driver.stop(nil) == .exited(0))
        try await cluster.driver.start()
    }

    @Test func `a second signal ends it at once, whatever runs`() async throws {
        let log = try cluster.driver.log().count
        let id = try await cluster.holdingStage { _ in
            cluster.driver.signal(SIGTERM)
            try await cluster.waitForLog("stopping", after: log)
            // mkfs stands still all the while: only an end at once ends this wait.
            #expect(try await cluster.driver.insistOnStop() == .exited(128 + SIGTERM))
        }
        try await cluster.driver.start()
        try await cluster.using(id) { try write("after", in: $0) }
    }

    @Test func `each call leaves one line with method, id, code and duration`() async throws {
        let name = cluster.unique("logged")
        let start = try cluster.driver.log().count
        let id = try await cluster.create(name).volumeID
        try await cluster.using(id) { try write("logged", in: $0) }
        _ = try await cluster.volumes()
        await expectFailure(.notFound) { try await cluster.get("x") }
        try await cluster.delete(id)
        let lines = try cluster.driver.log().dropFirst(start).filter { $0["method"] != nil }
        let expected = [
            ("Controller/CreateVolume", "OK"), ("Node/NodeStageVolume", "OK"),
            ("Node/NodePublishVolume", "OK"), ("Node/NodeUnpublishVolume", "OK"),
            ("Node/NodeUnstageVolume", "OK"), ("Controller/ListVolumes", "OK"),
            ("Controller/ControllerGetVolume", "NOT_FOUND"), ("Controller/DeleteVolume", "OK"),
        ]
        #expect(lines.map { $0["method"] } == expected.map { "csi.v1.\($0.0)" })
        #expect(lines.map { $0["code"] } == expected.map(\.1))
        for line in lines {
            #expect(Double(line["duration_ms"] ?? "") != nil)
            #expect(line["time"]?.hasSuffix("Z") ?? false)
            #expect(line["level"] != nil)
        }
        #expect(lines.first?["name"] == name)
        #expect(lines.dropFirst().first?["volume_id"] == id)
        #expect(lines.first { $0["code"] == "NOT_FOUND" }?["error"]?.contains("'x'") ?? false)
    }

    @Test func `a name cannot forge a line of the log`() async throws {
        let forged = "x\n{\"level\":\"critical\",\"message\":\"forged\"}"
        let id = try await cluster.create(forged).volumeID
        #expect(try cluster.driver.log().allSatisfy { $0["message"] != "forged" })
        #expect(try cluster.driver.log(of: "CreateVolume").contains { $0["name"] == forged })
        try await cluster.delete(id)
    }
}
