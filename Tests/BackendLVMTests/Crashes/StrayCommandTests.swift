import CSIMessages
import DriverCore
import DriverHarness
import GRPCRuntime
import Glibc
import Host
import TestSupport
import Testing

/// The driver is killed, and its command of LVM goes on: here it waits for a lock that another
/// program of the host holds.
@Suite(.serialized, .inGuest, .crashSite(.thin), .timeLimit(.minutes(5)))
struct StrayCommandTests {
    @Test
    func `a volume that such a command makes later is not said to be absent`() async throws {
        try await leavingCommand { site, subject in
            await expectFailure(.unavailable, "earlier driver") {
                try await site.cluster.delete(subject.volume)
            }
        } then: { site, subject in
            try await site.cluster.delete(subject.volume)
        }
    }

    @Test
    func `a volume that such a command makes later is the retry's`() async throws {
        try await leavingCommand { site, subject in
            await expectFailure(.unavailable, "earlier driver") {
                try await site.create(subject, mebibytes: CrashSite.size)
            }
        } then: { site, subject in
            let made = try await site.create(subject, mebibytes: CrashSite.size)
            #expect(made.volumeID == subject.volume)
            try Marks.expectZeros(in: site.path(of: subject.volume))
            try await site.removeAll()
        }
    }

    /// Runs a body while the command waits, and another one when it has ended.
    private func leavingCommand(
        _ meanwhile: (CrashSite, CrashSubject) async throws -> Void,
        then: (CrashSite, CrashSubject) async throws -> Void
    ) async throws {
        let site = try CrashSite.here()
        try await site.start()
        let subject = CrashSubject(in: site.cluster)
        do {
            let lock = try GroupLock.take(of: site.disks.name)
            let call = Task { try await site.create(subject, mebibytes: CrashSite.size) }
            try await wait(for: "command that waits") { try Self.isWaiting(subject) }
            try await site.cluster.driver.stop(SIGKILL)
            await expectFailure(.unavailable) { try await call.value }
            try await site.cluster.driver.start()
            try await meanwhile(site, subject)
            #expect(try site.picture() == site.empty)
            lock.release()
        }
        try await waitForTier(of: site.cluster)
        #expect(try site.picture().volumes[subject.volume] != nil, "the command did its work")
        try await then(site, subject)
        try site.expectEmpty()
    }

    private static func isWaiting(_ subject: CrashSubject) throws -> Bool {
        try RunningProgram.all().contains { $0.words.contains(subject.volume) }
    }
}

/// LVM's own lock of a group, as a command of the host holds it.
private struct GroupLock: ~Copyable {
    private let file: OwnedDescriptor

    private init(_ file: consuming OwnedDescriptor) { self.file = file }

    static func take(of group: String) throws(DriverError) -> GroupLock {
        let path = "/run/lock/lvm/V_\(group)"
        let file = try OwnedDescriptor(opening: path, flags: O_RDWR | O_CREAT, mode: 0o600)
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            throw DriverError(.hostFailure, "\(path) is locked (errno \(errno))")
        }
        return GroupLock(file)
    }

    consuming func release() {}
}
