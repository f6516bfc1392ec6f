import DriverCore
import Glibc
import Host
import TestSupport
import Testing

/// The lock of a file that whoever holds it may remove.
@Suite(.timeLimit(.minutes(5))) struct FileLockTests {
    @Test
    func `a second one is refused for as long as the first is held`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "V_group")
            let first = try FileLock(of: path, waiting: .zero)
            let error = failure { _ = try FileLock(of: path, waiting: .milliseconds(50)) }
            #expect(error.code == .operationPending)
            #expect(error.message.contains(path))
            first.release()
            let second = try FileLock(of: path, waiting: .zero)
            second.release()
        }
    }

    @Test
    func `a file that was removed by its holder is made anew`() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "V_group")
            let first = try FileLock(of: path, waiting: .zero)
            let removed = unsafe unlink(path)
            #expect(removed == 0)
            // Nobody who looks at the path finds the first one.
            let second = try FileLock(of: path, waiting: .zero)
            let error = failure { _ = try FileLock(of: path, waiting: .zero) }
            #expect(error.code == .operationPending)
            second.release()
            first.release()
        }
    }
}
