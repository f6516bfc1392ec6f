import Backend
import CSIMessages
import DriverCore
import Host
import TestSupport
import Testing

@testable import CSIServices

/// Inline volumes: nothing new is left by a failure, and nothing of the pod's is lost by one.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct InlineVolumeTests {
    @Test(arguments: [DriverError.Code.hostFailure, .unavailable])
    func `a failed publish leaves no volume and the retry makes it`(code: DriverError.Code)
        async throws
    {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let steps = try await failingEveryStep(of: fixture.backend, with: code) {
                try await fixture.publishInline()
            } judge: { (error, step) throws in
                #expect(error.code == code, "\(step): \(error)")
                #expect(try fixture.backend.volumes().isEmpty, "\(step)")
                #expect(try fixture.targetKind(fixture.target) == .absent, "\(step)")
                #expect(try fixture.mounts().isEmpty, "\(step)")
            } retry: { (step) async throws in
                try await fixture.publishInline()
                #expect(try fixture.mounts() == [fixture.target], "\(step)")
                try await fixture.unpublish("csi-inline")
                #expect(try fixture.backend.volumes().isEmpty, "\(step)")
            }
            #expect(steps.contains("createVolume") && steps.contains("attach"))
        }
    }

    @Test func `a publish that cannot be noted leaves nothing`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            await #expect(throws: DriverError.self) {
                try await fixture.withoutNotes { try await fixture.publishInline() }
            }
            #expect(try fixture.backend.volumes().isEmpty)
            #expect(try fixture.targetKind(fixture.target) == .absent)
            try await fixture.publishInline()
        }
    }

    @Test func `a repeated publish that fails keeps the mount and the files`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            try await fixture.publishInline()
            let file = "\(fixture.target)/file"
            try Bytes.write("the pod's", to: file)
            _ = try await failingEveryStep(of: fixture.backend) {
                try await fixture.publishInline()
            } judge: { (error, step) throws in
                #expect(try Bytes.read(file) == Array("the pod's".utf8), "\(step)")
                #expect(try fixture.backend.volumes().count == 1, "\(step): \(error)")
            } retry: { (_) async throws in
                try await fixture.publishInline()
            }
            #expect(try Bytes.read(file) == Array("the pod's".utf8))
        }
    }

    /// As after a reboot: the volume is there, its mount is not.
    @Test func `a publish anew that fails keeps the files and is not final`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            try await fixture.publishInline()
            try Bytes.write("the pod's", to: "\(fixture.target)/file")
            let target = try TargetPath(fixture.target, kubeletRoot: folder.path)
            let id = try #require(try fixture.backend.volumes().first?.id)
            func reboot() throws {
                try Mounts.unmountAll(target)
                try fixture.backend.detach(id)
            }
            try reboot()
            _ = try await failingEveryStep(of: fixture.backend) {
                try await fixture.publishInline()
            } judge: { (error, step) throws in
                // The look-up comes before the volume is known to be there.
                #expect(step == "volume" || !error.code.isFinal, "\(step): \(error)")
            } retry: { (_) async throws in
                try await fixture.publishInline()
                try reboot()
            }
            #expect(try Bytes.read("\(fixture.target)/file") == Array("the pod's".utf8))
        }
    }

    @Test func `what somebody else mounted at the target stays`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            let target = try TargetPath(fixture.target, kubeletRoot: folder.path)
            try target.createDirectory()
            let other = try folder.target("kubelet/other")
            try other.createDirectory()
            try Mounts.bind(other, to: target, readOnly: false, flags: [])
            let error = await #expect(throws: DriverError.self) {
                try await fixture.publishInline()
            }
            #expect(error?.code == .inUse)
            #expect(try fixture.mounts() == [fixture.target])
            #expect(try fixture.backend.volumes().isEmpty)
        }
    }

    @Test func `a volume left between making and mounting goes with unpublish`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try NodeFixture(folder)
            try await fixture.publishInline()
            let target = try TargetPath(fixture.target, kubeletRoot: folder.path)
            try Mounts.unmountAll(target)
            try target.removeDirectory()
            try await fixture.unpublish("csi-inline")
            #expect(try fixture.backend.volumes().isEmpty)
        }
    }
}
