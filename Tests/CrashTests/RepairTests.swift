import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// What a look of the driver sets right, and what it tells of and leaves alone.
@Suite(.serialized, .cluster(.ext4Thin, poolSize: .gibibytes(1)), .timeLimit(.minutes(15)))
struct `Repairs` {
    @Test func `SIGHUP finishes what an earlier look could not`() async throws {
        let cluster = try await calmCluster()
        let subject = Subject(in: cluster)
        try await kill(at: "create.completed", in: cluster) {
            _ = try await cluster.create(subject.name)
        }
        cluster.driver.setVariables([Failpoint.variable: "delete.data-cut:eio"])
        try await cluster.driver.start()
        #expect(cluster.entries().contains { $0.contains("/.creating-") })
        #expect(try summary(of: cluster) == ["removed": "0", "unexplained": "leftover 1"])

        try await rescan(cluster)
        #expect(!cluster.entries().contains { $0.contains("/.creating-") })
        #expect(try summary(of: cluster) == ["removed": "1", "unexplained": "nothing"])
        try await Bystander.expectAlone(in: cluster)
    }

    @Test func `a look beside a running call leaves the call alone`() async throws {
        let cluster = try await calmCluster()
        let subject = Subject(in: cluster)
        try await holding("create.completed", in: cluster) {
            _ = try await cluster.create(subject.name)
        } whileHeld: {
            // The signal is taken when the driver goes on.
            cluster.driver.signal(SIGHUP)
        }
        try await cluster.waitForLog("scanned all tiers", after: 0)
        #expect(try summary(of: cluster)?["unexplained"] == "nothing")
        try await cluster.removeAll(but: Bystander.of(cluster).volume, subject)
        try await Bystander.expectAlone(in: cluster)
    }

    @Test func `a device that a crash left is detached, one that may be in use is not`()
        async throws
    {
        let cluster = try await calmCluster()
        let block = try await cluster.create("block", as: .block()).volumeID
        try await cluster.stage(block, as: .block())
        let idle = try await cluster.create("idle").volumeID
        try await kill(at: "stage.attached", in: cluster) { try await cluster.stage(idle) }
        #expect(cluster.devices(of: idle).count == 1)

        try await cluster.driver.start()
        #expect(cluster.devices(of: idle).isEmpty)
        #expect(cluster.devices(of: block).count == 1)
        let told = try cluster.driver.log().filter {
            $0["message"]?.contains("not in use") == true
        }
        #expect(told.map { $0["volume_id"] } == [idle])
        try expectFilled(Bystander.of(cluster).target)
        try await cluster.unstage(block)
        for volume in [block, idle] { try await cluster.delete(volume) }
        try await Bystander.expectAlone(in: cluster)
    }

    @Test func `doctor tells what is running from what was left`() async throws {
        let cluster = try await calmCluster()
        var subject = Subject(in: cluster)
        try await cluster.makeUsedSource(&subject)
        let source = VolumeContentSource.volume(subject.source)
        let clone = { @Sendable [subject] () async throws -> Void in
            _ = try await cluster.create(subject.name, mebibytes: 64, from: source)
        }
        try await holding("copy.part", in: cluster, clone) {
            #expect(cluster.entries().contains { $0.contains("/.creating-") })
            #expect(cluster.marks().count == 1)
            let found = try problems(cluster)
            #expect(found == [])
        }
        let made = try await cluster.create(subject.name, mebibytes: 64, from: source)
        try await cluster.delete(made.volumeID)

        try await kill(at: "copy.part", in: cluster, clone)
        let left = try problems(cluster)
        #expect(left.count == 2, "\(left)")
        #expect(left.contains { $0.contains("was left unfinished") })
        #expect(left.contains { $0.contains("was left frozen") })
        #expect(left.allSatisfy { $0.contains("start the driver") })

        cluster.driver.setVariables([Failpoint.variable: "delete.data-cut:eio"])
        try await cluster.driver.start()
        let stayed = try problems(cluster)
        let pid = try #require(cluster.driver.pid)
        #expect(stayed.count == 1 && stayed[0].contains("kill -HUP \(pid)"), "\(stayed)")
        try await rescan(cluster)
        #expect(try problems(cluster) == [])
        try await cluster.removeAll(but: Bystander.of(cluster).volume, subject)
        try await Bystander.expectAlone(in: cluster)
    }
}

/// A driver without failpoints and with the bystander alone.
private func calmCluster() async throws -> Cluster {
    let cluster = try Cluster.here()
    cluster.driver.setVariables([:])
    try await cluster.driver.restart(SIGKILL)
    try await Bystander.make(in: cluster)
    return cluster
}

/// Runs a call in which the driver dies; answers with the driver stopped.
private func kill(at point: String, in cluster: Cluster, _ call: () async throws -> Void)
    async throws
{
    cluster.driver.setVariables([Failpoint.variable: "\(point):kill"])
    try await cluster.driver.restart(SIGKILL)
    await expectFailure(.unavailable, of: call)
    #expect(try await cluster.driver.stop(SIGTERM) == .signalled(SIGKILL))
    cluster.driver.setVariables([:])
}

/// Stops the driver in the middle of a call, looks, and lets it go on to its end.
private func holding(
    _ point: String,
    in cluster: Cluster,
    _ call: @escaping @Sendable () async throws -> Void,
    whileHeld look: () throws -> Void
) async throws {
    cluster.driver.setVariables([Failpoint.variable: "\(point):stop"])
    try await cluster.driver.restart(SIGKILL)
    cluster.driver.setVariables([:])
    let running = Task { try await call() }
    let pid = try #require(cluster.driver.pid)
    try await cluster.waitUntilStopped(pid)
    let outcome = Result { try look() }
    cluster.driver.signal(SIGCONT)
    try await running.value
    try outcome.get()
}

private func rescan(_ cluster: Cluster) async throws {
    let count = try cluster.driver.log().count
    cluster.driver.signal(SIGHUP)
    try await cluster.waitForLog("scanned all tiers", after: count)
}

/// The latest figures of the log.
private func summary(of cluster: Cluster) throws -> [String: String]? {
    let lines = try cluster.driver.log()
    let line = lines.last { $0["message"]?.hasPrefix("scanned records") == true }
    return line.map { ["removed": $0["removed"] ?? "", "unexplained": $0["unexplained"] ?? ""] }
}

/// What doctor calls a problem of the tier, in one line each.
private func problems(_ cluster: Cluster) throws -> [String] {
    let arguments = [
        "doctor", "--without-driver", "--config", cluster.driver.places.tiersFile, "--output",
        "json",
    ]
    let doctor = HostCommand(program: try Driver.binary(), arguments: arguments)
    let output = try doctor.run(deadline: .seconds(60)).standardOutput
    return try DoctorReport(decoding: output).problems
}
