import Backend
import CSIMessages
import DriverCore
import Host
import TestSupport
import Testing

@testable import CSIServices

/// A ban on writes belongs to the kernel's device, which outlives the volume on it.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ReadOnlyBlockTests {
    @Test func `a read-only publish leaves no ban on the device for its next user`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let id = try await fixture.create(NodeFixture.block)
            try await fixture.stage(id, NodeFixture.block)
            let device = try #require(try fixture.backend.attachment(of: id)).path
            try await fixture.publish(id, NodeFixture.block, readOnly: true)
            #expect(try BlockDevice.isReadOnly(device))
            try await fixture.unpublish(id.text)
            try await fixture.unstage(id)
            #expect(try !BlockDevice.isReadOnly(device))
        }
    }

    @Test func `the same device can be published writable afterwards`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let id = try await fixture.create(NodeFixture.block)
            try await fixture.stage(id, NodeFixture.block)
            try await fixture.publish(id, NodeFixture.block, readOnly: true)
            try await fixture.unpublish(id.text)
            try await fixture.publish(id, NodeFixture.block)
            try Bytes.write("written", to: fixture.target)
        }
    }

    @Test func `a stale note of a staged block device does not stop a delete`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let id = try await fixture.create(NodeFixture.block)
            try await fixture.stage(id, NodeFixture.block)
            await #expect(throws: DriverError.self) { try await fixture.delete(id) }
            // As after a reboot: no device, and a note that nothing has cleared.
            try fixture.backend.detach(id)
            try await fixture.delete(id)
            #expect(try fixture.backend.volumes().isEmpty)
        }
    }
}
