import BackendLoop
import CSIMessages
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// A replica of the controller that dies while it has calls.
@Suite(.serialized, .fleet(), .timeLimit(.minutes(5)))
struct `A controller that is killed` {
    let fleet: Fleet
    private var victim: Cluster { fleet.controllers[0] }
    private var other: Cluster { fleet.controllers[1] }
    private var node: Cluster { fleet.nodes[0] }

    init() throws { fleet = try Fleet.here() }

    private func request(_ name: String) -> CreateVolumeRequest {
        Fleet.request(name, preferred: node.topology, requisite: fleet.nodes.map(\.topology))
    }

    @Test(arguments: [Failpoint.createFolderMade, .createRecordWritten, .createPublished])
    func `in the middle of a create leaves one volume, whoever is asked again`(_ point: Failpoint)
        async throws
    {
        let request = request(victim.unique("killed"))
        let caller = victim
        let ending = try await node.holding(at: point) {
            try await caller.create(request)
        } while: {
            try await victim.driver.stop(SIGKILL)
            await expectRetried { try await other.call(request, timeout: .seconds(2)) }
        }
        expectRetried(ending)
        try await victim.driver.start()
        let volume = try #require(try await fleet.insisting(on: request).volume)
        #expect(fleet.holders(of: request.name) == [node.name])
        for controller in fleet.controllers {
            try await fleet.waitUntilComplete(controller)
            let again = try await fleet.insisting(on: request, through: controller)
            #expect(again.volume == volume)
            #expect(try await controller.volumes() == [volume.volumeID])
        }
        try await other.delete(volume.volumeID)
    }

    @Test func `has no part in what the other one serves`() async throws {
        try await victim.driver.stop(SIGKILL)
        let volume = try await other.create(request(other.unique("served")))
        try await node.using(volume.volumeID) { try write("served", in: $0) }
        #expect(try await other.volumes() == [volume.volumeID])
        try await other.delete(volume.volumeID)
        try await victim.driver.start()
        try await fleet.waitUntilComplete(victim)
    }

    @Test func `says nothing of nodes that it has not heard from when it runs again`()
        async throws
    {
        let volume = try await other.create(request(other.unique("known"))).volumeID
        for node in fleet.nodes { node.driver.signal(SIGSTOP) }
        try await victim.driver.restart(SIGKILL)
        await expectRetried { try await victim.get(volume) }
        await expectRetried { try await victim.delete(volume) }
        await expectRetried { try await victim.volumes() }
        await expectRetried { try await victim.create(request(other.unique("unknown"))) }
        for node in fleet.nodes { node.driver.signal(SIGCONT) }
        try await fleet.waitUntilComplete(victim)
        #expect(try await victim.get(volume).volumeID == volume)
        try await victim.delete(volume)
    }
}
