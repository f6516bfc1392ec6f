import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// Nodes of two zones.
///
/// n1 is by far the roomiest; only n2 and n3 have a tier `xfs-thick`, where a
/// volume takes all its room at once.
@Suite(
    .serialized,
    .fleet(
        FleetPlan(nodes: [
            .init("n1", poolSize: .gibibytes(8), topology: ["zone=a"]),
            .init("n2", pools: .xfsThin, .xfsThick, topology: ["zone=b", "disk=slow"]),
            .init(
                "n3",
                pools: .xfsThin,
                .xfsThick,
                poolSize: .gibibytes(1),
                topology: ["zone=b", "disk=fast"]
            ),
        ])
    ),
    .timeLimit(.minutes(5))
)
struct `A new volume` {
    let fleet: Fleet
    private var controller: Cluster { fleet.controllers[0] }
    private var nodes: [Cluster] { fleet.nodes }

    init() throws { fleet = try Fleet.here() }

    private func place(_ request: CreateVolumeRequest) async throws -> String {
        let volume = try await controller.create(request)
        let node = try #require(fleet.node(of: volume.volumeID))
        #expect(fleet.holders(of: request.name) == [node.name])
        let topology = try #require(volume.accessibleTopology.first)
        #expect(topology.segments["topology.cairn.storage/node"] == node.name)
        #expect(topology.segments["zone"] == (node.name == "n1" ? "a" : "b"))
        try await fleet.controllers[1].delete(volume.volumeID)
        #expect(fleet.holders(of: request.name).isEmpty)
        return node.name
    }

    @Test func `goes to the node with most free room in the tier`() async throws {
        #expect(try await place(Fleet.request("roomiest")) == "n1")
        #expect(try await place(Fleet.request("thick", tier: "xfs-thick")) == "n2")
    }

    @Test func `goes where the preferred topology says, though another node has more room`()
        async throws
    {
        let all = nodes.map(\.topology)
        for node in nodes {
            let request = Fleet.request("preferred", preferred: node.topology, requisite: all)
            #expect(try await place(request) == node.name)
        }
        let first = Fleet.request("first", preferred: ["disk": "fast"], ["zone": "a"])
        #expect(try await place(first) == "n3")
    }

    @Test func `goes to no node that the requisite topology leaves out`() async throws {
        let zone = Fleet.request("zone", requisite: [["zone": "b"]])
        #expect(try await place(zone) == "n2")
        await expectFailure(.unavailable, "topology") {
            try await controller.create(Fleet.request("nowhere", requisite: [["zone": "c"]]))
        }
    }

    @Test func `goes to the next node where the preferred one is full`() async throws {
        let request = Fleet.request(
            "handed-over",
            mebibytes: 1200,
            tier: "xfs-thick",
            preferred: nodes[2].topology,
            requisite: [["zone": "b"]]
        )
        #expect(try await place(request) == "n2")
    }

    @Test func `is refused where no node has the room or the tier, and leaves nothing`()
        async throws
    {
        await expectFailure(.resourceExhausted, "room") {
            try await controller.create(
                Fleet.request("too-large", mebibytes: 100 << 20, tier: "xfs-thick")
            )
        }
        #expect(fleet.holders(of: "too-large").isEmpty)
        await expectFailure(.resourceExhausted, "gold", "xfs-thick", "xfs-thin") {
            try await controller.create(Fleet.request("golden", tier: "gold"))
        }
        #expect(fleet.holders(of: "golden").isEmpty)
    }

    @Test func `gets what GetCapacity promised, which follows at once`() async throws {
        for node in nodes[1...] {
            let promised = try await capacity(of: node)
            let size = try #require(promised.maximumVolumeSize)
            var request = Fleet.request(
                "promised-\(node.name)",
                tier: "xfs-thick",
                preferred: node.topology
            )
            request.capacityRange = CapacityRange(requiredBytes: size)
            let volume = try await controller.create(request)
            #expect(fleet.node(of: volume.volumeID) === node)
            let left = try await capacity(of: node).availableCapacity
            #expect(left <= promised.availableCapacity - size)
            try await controller.delete(volume.volumeID)
            try await wait(for: "the room of a deleted volume", within: .seconds(10)) {
                // More, where a volume of another test still counted; XFS keeps a few blocks.
                let room = try await capacity(of: node).availableCapacity
                return room > promised.availableCapacity - 1 << 20
            }
        }
    }

    private func capacity(of node: Cluster) async throws -> GetCapacityResponse {
        try await controller.call(
            GetCapacityRequest(
                parameters: ["tier": "xfs-thick"],
                accessibleTopology: Topology(segments: node.topology)
            )
        )
    }

    @Test func `finds no capacity on nodes that are not there`() async throws {
        let request = GetCapacityRequest(
            accessibleTopology: Topology(segments: ["zone": "c"])
        )
        #expect(try await controller.call(request).availableCapacity == 0)
    }

    @Test func `with a source goes where the source is`() async throws {
        for node in nodes {
            let name = "source-\(node.name)"
            let source = try await controller.create(
                Fleet.request(name, preferred: node.topology)
            ).volumeID
            let cut = try await controller.snapshot(source, named: "cut-\(node.name)").snapshotID
            let clone = Fleet.request("clone-\(node.name)", from: .volume(source))
            #expect(try await place(clone) == node.name)
            let others = nodes.filter { $0 !== node }.map(\.topology)
            let restore = Fleet.request(
                "restore-\(node.name)",
                preferred: others[0],
                requisite: others + [node.topology],
                from: .snapshot(cut)
            )
            #expect(try await place(restore) == node.name)
            await expectFailure(.resourceExhausted, node.name) {
                try await controller.create(
                    Fleet.request("elsewhere", requisite: others, from: .volume(source))
                )
            }
            #expect(fleet.holders(of: "elsewhere").isEmpty)
            try await controller.deleteSnapshot(cut)
            try await controller.delete(source)
        }
    }
}
