import DriverCore
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Host

/// What the kernel cannot show is not absent: a failed look is an error, never a "no".
@Suite(.timeLimit(.minutes(2))) struct MissingViewTests {
    @Test
    func `loop devices are not called absent where sys does not show them`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            #expect(try LoopDevices.files().map(\.device).contains(image.device))
            let error = failure(behind: "tmpfs", over: "/sys") { _ = try LoopDevices.files() }
            #expect(error.message.contains("/sys/block"), "\(error)")
        }
    }

    @Test
    func `a device is not called free where its file cannot be read`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(1))
            let attribute = "/sys/block/loop\(image.device.index)/loop/backing_file"
            let shown = try #require(try image.device.file())
            let looks: [@Sendable () throws -> Void] = [
                { _ = try image.device.file() },
                { _ = try LoopDevices.files() },
                { try LoopDevices().detach(image.device, showing: shown) },
            ]
            for look in looks {
                let error = failure(behind: Self.unreadable, over: attribute, look)
                #expect(error.code == .unavailable && error.message.contains(attribute), "\(error)")
            }
            try LoopDevices().detach(image.device, showing: shown)
            #expect(try image.device.file() == nil)
        }
    }

    @Test
    func `commands are not called ended where proc does not show them`() throws {
        #expect(try !RunningProgram.all().isEmpty)
        let error = failure(behind: "tmpfs", over: "/proc") { _ = try RunningProgram.all() }
        #expect(error.message.contains("/proc"), "\(error)")
    }

    /// A file of which each read fails: nothing is mapped at address 0.
    private static let unreadable = "/proc/self/mem"
}

/// Gives the calling thread a copy of the mount namespace.
///
/// By name, since Swift's module of the C library does not have the function.
private func leaveMountNamespace() -> Bool {
    typealias Unshare = @convention(c) (CInt) -> CInt
    guard let found = unsafe dlsym(nil, "unshare") else { return false }
    let newMountNamespace: CInt = 0x20000
    return unsafe unsafeBitCast(found, to: Unshare.self)(newMountNamespace) == 0
}

/// How the body fails in a mount namespace in which a file, or an empty `tmpfs`, hides a path.
private func failure(
    behind cover: String,
    over path: String,
    _ body: @escaping @Sendable () throws -> Void
) -> DriverError {
    let isMemory = cover == "tmpfs"
    let answer = FailureBox()
    onThreads(1) { _ in
        answer.error = failure {
            guard leaveMountNamespace(),
                unsafe mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0,
                unsafe mount(
                    cover,
                    path,
                    isMemory ? "tmpfs" : nil,
                    isMemory ? 0 : UInt(MS_BIND),
                    nil
                ) == 0
            else { throw DriverError(.hostFailure, "no namespace for a test (errno \(errno))") }
            try body()
        }
    }
    return answer.error
}

private final class FailureBox: Sendable {
    private let stored = Mutex(DriverError(.hostFailure, "the thread gave no answer"))

    var error: DriverError {
        get { stored.withLock(\.self) }
        set { stored.withLock { $0 = newValue } }
    }
}
