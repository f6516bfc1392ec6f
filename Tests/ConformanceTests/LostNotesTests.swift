import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// The notes of the volumes' use are gone, as after each restart of a container: the kernel still
/// knows what is in use.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(10)))
struct `A driver that has lost its notes` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    private var usage: String { "\(cluster.folder)/usage" }

    private func loseNotes() async throws {
        try await cluster.driver.stop(SIGKILL)
        try cluster.loseNotes()
        try await cluster.driver.start()
    }

    @Test(arguments: [VolumeCapability.mount(), .block()])
    func `keeps what is published`(_ capability: VolumeCapability) async throws {
        let id = try await cluster.create(cluster.unique("kept"), as: capability).volumeID
        let target = cluster.target()
        try await cluster.stage(id, as: capability)
        try await cluster.publish(id, at: target, as: capability)
        if capability == .block() { try Bytes.write(noise("kept"), to: target) }
        try await loseNotes()
        await expectFailure(.failedPrecondition, id, target) { try await cluster.delete(id) }
        await expectFailure(.failedPrecondition, id, target) { try await cluster.unstage(id) }
        #expect(
            try cluster.mounts(at: cluster.staging(id)).count == (capability == .block() ? 0 : 1),
            "a refused unstage unmounts nothing"
        )
        if capability == .block() {
            #expect(try Bytes.read(target, count: 200_000) == noise("kept"))
        }
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
        #expect(cluster.devices(of: id).isEmpty)
        try await cluster.delete(id)
    }

    @Test(arguments: [
        (VolumeMode.singleNodeSingleWriter, VolumeMode.singleNodeSingleWriter),
        (.singleNodeSingleWriter, .singleNodeMultiWriter),
        (.singleNodeWriter, .singleNodeMultiWriter),
    ])
    func `refuses a second pod where the first may be alone`(
        _ first: VolumeMode,
        _ second: VolumeMode
    ) async throws {
        let id = try await cluster.create(cluster.unique("pod"), as: .mount("", first)).volumeID
        let targets = [cluster.target(), cluster.target()]
        try await cluster.stage(id, as: .mount("", first))
        try await cluster.publish(id, at: targets[0], as: .mount("", first))
        try await loseNotes()
        await expectFailure(.failedPrecondition, id, targets[0]) {
            try await cluster.publish(id, at: targets[1], as: .mount("", second))
        }
        #expect(!Paths.exists(targets[1]))
        // The first pod's kubelet may ask again, and its target is noted then.
        try await cluster.publish(id, at: targets[0], as: .mount("", first))
        try await cluster.unpublish(id, from: targets[0])
        try await cluster.publish(id, at: targets[1], as: .mount("", second))
        try await cluster.unpublish(id, from: targets[1])
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    @Test func `lets a second pod in where the volume was made for several`() async throws {
        let shared: VolumeCapability = .mount("", .singleNodeMultiWriter)
        let id = try await cluster.create(cluster.unique("shared"), as: shared).volumeID
        let targets = [cluster.target(), cluster.target()]
        try await cluster.stage(id, as: shared)
        try await cluster.publish(id, at: targets[0], as: shared)
        try await loseNotes()
        try await cluster.publish(id, at: targets[1], as: shared)
        await expectFailure(.failedPrecondition, id) {
            try await cluster.publish(id, at: cluster.target(), as: .mount("", .singleNodeWriter))
        }
        for target in targets { try await cluster.unpublish(id, from: target) }
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    @Test(arguments: [false, true])
    func `never turns a block device around under who uses it`(_ isReadOnly: Bool) async throws {
        let shared: VolumeCapability = .block(.singleNodeMultiWriter)
        let id = try await cluster.create(cluster.unique("block"), as: shared).volumeID
        let targets = [cluster.target(), cluster.target()]
        try await cluster.stage(id, as: shared)
        try await cluster.publish(id, at: targets[0], as: shared, readOnly: isReadOnly)
        let device = try #require(cluster.devices(of: id).first)
        try await loseNotes()
        await expectFailure(.failedPrecondition, id, "a device is read-only either") {
            try await cluster.publish(id, at: targets[1], as: shared, readOnly: !isReadOnly)
        }
        #expect(try BlockDevice.isReadOnly(device) == isReadOnly)
        try await cluster.publish(id, at: targets[1], as: shared, readOnly: isReadOnly)
        for target in targets { try await cluster.unpublish(id, from: target) }
        try await cluster.unstage(id)
        try await cluster.delete(id)
    }

    @Test func `logs and counts what is in use without a note`() async throws {
        let id = try await cluster.create(cluster.unique("lost")).volumeID
        let target = cluster.target()
        try await cluster.stage(id)
        try await cluster.publish(id, at: target)
        try await loseNotes()
        let line = try #require(
            try cluster.driver.log().last { line in
                line["volume_id"] == id
                    && line["message"]?.contains("note of its use is lost") == true
            }
        )
        #expect(line["path"] == "\(usage)/\(id).json")
        #expect(line["advice"]?.contains("keep the directory") == true)
        let lost = "cairn_usage_notes_problem{kind=\"lost\"}"
        #expect(try cluster.driver.metrics()[lost] == 1)
        try await cluster.unpublish(id, from: target)
        try await cluster.unstage(id)
        try await cluster.driver.restart()
        #expect(try cluster.driver.metrics()[lost] == 0)
        try await cluster.delete(id)
    }

    @Test func `logs and counts a note that cannot be read, and goes on`() async throws {
        let id = try await cluster.create(cluster.unique("damaged")).volumeID
        try await cluster.stage(id)
        try await cluster.driver.stop(SIGKILL)
        let path = "\(usage)/\(id).json"
        try Tool.run("/usr/bin/truncate", "--size", "7", path)
        try await cluster.driver.start()
        let line = try #require(
            try cluster.driver.log().last { line in
                line["volume_id"] == id && line["message"]?.contains("cannot read the note") == true
            }
        )
        #expect(line["path"] == path)
        let unreadable = "cairn_usage_notes_problem{kind=\"unreadable\"}"
        #expect(try cluster.driver.metrics()[unreadable] == 1)
        await expectFailure(.failedPrecondition, id) { try await cluster.delete(id) }
        try await cluster.stage(id)
        #expect(try cluster.driver.metrics()[unreadable] == 0)
        try await cluster.unstage(id)
        try await cluster.delete(id)
        #expect(!Paths.exists(path))
    }
}
