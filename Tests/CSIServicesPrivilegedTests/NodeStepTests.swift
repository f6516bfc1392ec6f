import Backend
import CSIMessages
import DriverCore
import Host
import NodeStorage
import TestSupport
import Testing

@testable import CSIServices

/// Each step of the node's operations fails once: what is left agrees with the code, and the retry
/// succeeds.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct NodeStepTests {
    @Test(arguments: [DriverError.Code.hostFailure, .unavailable])
    func `a failed stage leaves nothing and the retry stages`(code: DriverError.Code) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            var id = try await fixture.create()
            let steps = try await failingEveryStep(of: fixture.backend, with: code) {
                try await fixture.stage(id)
            } judge: { (error, step) throws in
                #expect(error.code == code, "\(step): \(error)")
                try Self.expectUnused(id, fixture, step)
            } retry: { (step) async throws in
                try await fixture.stage(id)
                #expect(try fixture.mounts() == [fixture.staging], "\(step)")
                #expect(try fixture.backend.volume(id)?.contents == .formatted, "\(step)")
                try await fixture.unstage(id)
                try await fixture.delete(id)
                id = try await fixture.create()
            }
            #expect(steps.contains("attach") && steps.contains("setContents formatted"))
        }
    }

    @Test(arguments: [NodeFixture.mounted(), NodeFixture.block])
    func `a stage that cannot be noted leaves nothing`(capability: VolumeCapability) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let id = try await fixture.create(capability)
            let error = await #expect(throws: DriverError.self) {
                try await fixture.withoutNotes { try await fixture.stage(id, capability) }
            }
            #expect(error?.code.isFinal == true)
            try Self.expectUnused(id, fixture, "note")
            try await fixture.stage(id, capability)
        }
    }

    @Test(arguments: [DriverError.Code.hostFailure, .unavailable])
    func `a failed publish leaves nothing and the retry publishes`(code: DriverError.Code)
        async throws
    {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let id = try await fixture.create()
            try await fixture.stage(id)
            let steps = try await failingEveryStep(of: fixture.backend, with: code) {
                try await fixture.publish(id)
            } judge: { (error, step) throws in
                #expect(error.code == code, "\(step): \(error)")
                #expect(try fixture.targetKind(fixture.target) == .absent, "\(step)")
                #expect(fixture.usage(of: id).publications.isEmpty, "\(step)")
            } retry: { (step) async throws in
                try await fixture.publish(id)
                #expect(try fixture.mounts().contains(fixture.target), "\(step)")
                try await fixture.unpublish(id.text)
            }
            #expect(steps == ["volume", "attachment"])
        }
    }

    @Test(arguments: [NodeFixture.mounted(), NodeFixture.block])
    func `a publish that cannot be noted leaves nothing`(capability: VolumeCapability) async throws
    {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let id = try await fixture.create(capability)
            try await fixture.stage(id, capability)
            let error = await #expect(throws: DriverError.self) {
                try await fixture.withoutNotes { try await fixture.publish(id, capability) }
            }
            #expect(error?.code.isFinal == true)
            #expect(try fixture.targetKind(fixture.target) == .absent)
            #expect(try !fixture.mounts().contains(fixture.target))
            try await fixture.publish(id, capability)
        }
    }

    @Test func `an unstage that fails is finished by the retry`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let id = try await fixture.create()
            try await fixture.stage(id)
            let steps = try await failingEveryStep(of: fixture.backend) {
                try await fixture.unstage(id)
            } judge: { (_, step) throws in
                #expect(fixture.usage(of: id).staging != nil, "\(step)")
            } retry: { (step) async throws in
                try await fixture.unstage(id)
                try Self.expectUnused(id, fixture, step)
                try await fixture.stage(id)
            }
            #expect(steps == ["attachment", "detach"])
        }
    }

    /// No mount, no device, no note.
    static func expectUnused(_ id: VolumeID, _ fixture: NodeFixture, _ step: String) throws {
        #expect(try fixture.mounts().isEmpty, "\(step)")
        #expect(try fixture.backend.attachment(of: id) == nil, "\(step)")
        #expect(fixture.usage(of: id).isEmpty, "\(step)")
    }
}
