import CSIMessages
import CSIServing
import DriverCore
import GRPCRuntime
import Host
import Naming
import NodeStorage
import TestSupport
import Testing

@testable import CSIServices

/// What a node answers to the claims of controllers.
@Suite(.timeLimit(.minutes(5))) struct NameClaimTests {
    @Test func `a volume is made for the claim that holds its name, and for no other one`()
        async throws
    {
        try await withNode { (node) async throws in
            #expect(await node.question(.take, "a") == .notFound)
            #expect(await node.question(.take, "b") == .operationPending)
            #expect(await node.question(.ask, "b") == .operationPending)
            #expect(await node.question(.ask, "a") == .notFound)
            #expect(await node.question(nil, "") == .operationPending)
            #expect(await node.create(.use, "b") == .operationPending)
            #expect(await node.create(nil, "") == .operationPending)
            #expect(try node.backend.volumes().isEmpty)
            #expect(await node.create(.use, "a") == nil)
            // The claim ended with it, and the volume is found by everybody.
            #expect(node.controller.nameClaims.count == 0)
            #expect(await node.create(.use, "a") == nil)
            #expect(await node.create(.use, "b") == nil)
            #expect(await node.create(nil, "") == nil)
            #expect(try node.backend.volumes().count == 1)
        }
    }

    @Test func `a caller without a claim makes what nobody has claimed`() async throws {
        try await withNode { (node) async throws in
            #expect(await node.create(nil, "") == nil)
            #expect(await node.question(.take, "a") == nil)
            #expect(node.controller.nameClaims.count == 0)
        }
    }

    @Test func `a claim that was given back is none`() async throws {
        try await withNode { (node) async throws in
            #expect(await node.question(.take, "a") == .notFound)
            #expect(await node.question(.drop, "a") == .notFound)
            #expect(await node.create(.use, "a") == .operationPending)
            #expect(await node.create(nil, "") == nil)
        }
    }

    @Test func `a tier that cannot tell gives no claim`() async throws {
        try await withNode { (node) async throws in
            node.backend.fail(after: 0, with: .unavailable)
            #expect(await node.question(.take, "a") == .unavailable)
            #expect(node.controller.nameClaims.count == 0)
        }
    }

    @Test func `a broken tier is in no other one's way`() async throws {
        try await withNode { (node) async throws in
            node.broken.fail(after: 0, with: .unavailable)
            #expect(await node.question(.take, "a", in: "broken") == .unavailable)
            #expect(await node.question(.take, "a") == .notFound)
            #expect(await node.create(.use, "a") == nil)
            #expect(await node.question(.take, "a", in: "scripted") == nil)
            #expect(await node.snapshotQuestion(.take, "a") == .notFound)
            #expect(await node.snapshot(.use, "a") == nil)
            #expect(await node.snapshotQuestion(.ask, "b") == nil)
        }
    }

    @Test func `a snapshot is cut for the claim that holds its name`() async throws {
        try await withNode { (node) async throws in
            #expect(await node.create(nil, "") == nil)
            #expect(await node.snapshotQuestion(.take, "a") == .notFound)
            #expect(await node.snapshotQuestion(.ask, "b") == .operationPending)
            #expect(await node.snapshot(.use, "b") == .operationPending)
            #expect(await node.snapshot(nil, "") == .operationPending)
            #expect(try node.backend.snapshots().isEmpty)
            #expect(await node.snapshot(.use, "a") == nil)
            #expect(await node.snapshotQuestion(.take, "b") == nil)
            #expect(await node.snapshot(.use, "b") == nil)
            #expect(try node.backend.snapshots().count == 1)
        }
    }

    @Test func `a create with the node's permit needs no claim`() async throws {
        try await withNode { (node) async throws in
            let permit = await node.permit()
            #expect(await node.question(.take, "a") == .notFound)
            #expect(await node.create(.permit, permit) == .operationPending)
            #expect(await node.question(.drop, "a") == .notFound)
            node.pass(.milliseconds(1))
            let next = await node.permit()
            #expect(await node.create(.permit, "another") == .operationPending)
            #expect(try node.backend.volumes().isEmpty)
            node.pass(.milliseconds(1))
            #expect(await node.create(.permit, await node.permit()) == nil)
            // What is there is found with any permit.
            #expect(await node.create(.permit, next) == nil)
            #expect(try node.backend.volumes().count == 1)
        }
    }

    @Test(arguments: [NameClaim.Act.permit, .use])
    func `a retry takes nothing from the create that still waits`(_ act: NameClaim.Act)
        async throws
    {
        try await withNode { (node) async throws in
            let permit = await node.permit()
            node.pass(.milliseconds(1))
            if act == .use { #expect(await node.question(.take, "a") == .notFound) }
            node.backend.hang(only: "volume")
            async let first = node.create(act, act == .use ? "a" : permit)
            try await wait(for: "create that hangs") { node.backend.held == 1 }
            #expect(await node.create(.permit, permit) == .operationPending)
            #expect(await node.create(.use, "b") == .operationPending)
            node.backend.goOn()
            #expect(await first == nil)
            #expect(try node.backend.volumes().count == 1)
        }
    }

    @Test func `a snapshot is not cut with a permit`() async throws {
        try await withNode { (node) async throws in
            #expect(await node.create(nil, "") == nil)
            node.pass(.milliseconds(1))
            #expect(await node.snapshot(.permit, await node.permit()) == .invalidRequest)
            #expect(try node.backend.snapshots().isEmpty)
        }
    }

    @Test(arguments: SinceThePermit.allCases)
    func `a create that comes late makes nothing`(_ event: SinceThePermit) async throws {
        try await withNode { (node) async throws in
            let permit = await node.permit()
            node.pass(.milliseconds(1))
            try await event.happen(on: node)
            #expect(try node.backend.volumes().isEmpty)
            #expect(await node.create(.permit, permit) == .operationPending)
            #expect(try node.backend.volumes().isEmpty)
            node.pass(.milliseconds(1))
            #expect(await node.create(.permit, await node.permit()) == nil)
        }
    }

    @Test(arguments: ["", "take", "take ", "steal a", "TAKE a", "take a b c"])
    func `a header of another form is refused`(_ text: String) async throws {
        try await withNode { (node) async throws in
            let context = CallContext(method: "/t", peer: Peer(address: "t"), header: { _ in text })
            #expect(await node.create(context) == .invalidRequest)
        }
    }

    private func withNode(_ body: (ClaimedNode) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in try await body(ClaimedNode(in: folder)) }
    }
}

/// What a caller is told of a name after a create of it was sent.
enum SinceThePermit: CaseIterable {
    case free, claimed, made, full, refused, deleted

    func happen(on node: ClaimedNode) async throws {
        switch self {
        case .free:
            #expect(await node.question(.ask, "b") == .notFound)
        case .claimed:
            #expect(await node.question(.take, "b") == .notFound)
            #expect(await node.question(.drop, "b") == .notFound)
        case .made:
            #expect(await node.create(nil, "") == nil)
            #expect(await node.delete() == nil)
        case .full:
            node.backend.fill(true)
            #expect(await node.create(nil, "") == .outOfSpace)
            node.backend.fill(false)
        case .refused:
            #expect(await node.create(node.anyone, []) == .invalidRequest)
        case .deleted:
            #expect(await node.delete() == nil)
        }
    }
}
