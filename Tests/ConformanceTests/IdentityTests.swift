import CSIMessages
import DriverHarness
import GRPCRuntime
import Testing

@Suite(.cluster(.ext4Thin), .timeLimit(.minutes(5)))
struct `Identity and capabilities` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `GetPluginInfo tells a domain-like name and a version`() async throws {
        let info = try await cluster.call(GetPluginInfoRequest())
        #expect(info.name == "csi.cairn.storage")
        #expect(!info.vendorVersion.isEmpty)
        #expect(info.name.utf8.count <= 63)
    }

    @Test func `Probe says ready once the tiers are open`() async throws {
        #expect(try await cluster.call(ProbeRequest()).ready == true)
    }

    @Test func `the plugin has a controller, topology and online expansion, nothing more`()
        async throws
    {
        let answer = try await cluster.call(GetPluginCapabilitiesRequest())
        #expect(
            Set(answer.capabilities) == [
                .init(type: .service(.init(type: .controllerService))),
                .init(type: .service(.init(type: .volumeAccessibilityConstraints))),
                .init(type: .volumeExpansion(.init(type: .online))),
            ]
        )
        #expect(answer.capabilities.count == 3)
    }

    @Test func `the controller advertises exactly what it serves`() async throws {
        let answer = try await cluster.call(ControllerGetCapabilitiesRequest())
        let kinds: [ControllerServiceCapability.RPC.Kind] = answer.capabilities.compactMap {
            guard case .rpc(let rpc) = $0.type else { return nil }
            return rpc.type
        }
        #expect(kinds.count == answer.capabilities.count)
        #expect(kinds.count == Set(kinds).count)
        #expect(
            Set(kinds) == [
                .createDeleteVolume, .listVolumes, .getCapacity, .createDeleteSnapshot,
                .listSnapshots, .cloneVolume, .expandVolume, .getVolume, .singleNodeMultiWriter,
                .getSnapshot,
            ]
        )
    }

    @Test func `the node advertises exactly what it serves`() async throws {
        let answer = try await cluster.call(NodeGetCapabilitiesRequest())
        let kinds: [NodeServiceCapability.RPC.Kind] = answer.capabilities.compactMap {
            guard case .rpc(let rpc) = $0.type else { return nil }
            return rpc.type
        }
        #expect(kinds.count == answer.capabilities.count)
        #expect(
            Set(kinds) == [
                .stageUnstageVolume, .getVolumeStats, .expandVolume, .singleNodeMultiWriter,
            ]
        )
    }

    @Test func `NodeGetInfo tells the node, its topology and how many volumes it takes`()
        async throws
    {
        let info = try await cluster.call(NodeGetInfoRequest())
        #expect(info.nodeID == "conformance")
        #expect(info.maxVolumesPerNode == 1024)
        #expect(
            info.accessibleTopology?.segments == ["topology.cairn.storage/node": "conformance"]
        )
    }

    @Test(arguments: [
        ControllerPublishVolumeRequest.method, ControllerUnpublishVolumeRequest.method,
        ControllerModifyVolumeRequest.method, ControllerGetVolumeHealthRequest.method,
        ControllerListVolumeHealthRequest.method, GroupControllerGetCapabilitiesRequest.method,
        CreateVolumeGroupSnapshotRequest.method, DeleteVolumeGroupSnapshotRequest.method,
        GetVolumeGroupSnapshotRequest.method, GetMetadataAllocatedRequest.method,
        GetMetadataDeltaRequest.method, NodeGetVolumeHealthRequest.method,
        NodeGetStorageHealthRequest.method, "/csi.v1.Controller/NoSuchCall", "/no.Such/Service",
    ])
    func `what is not served answers UNIMPLEMENTED and names the call`(method: String) async {
        await expectFailure(
            .unimplemented,
            method.split(separator: "/").last.map(String.init) ?? ""
        ) {
            try await cluster.driver.rawCall(method, [])
        }
    }
}
