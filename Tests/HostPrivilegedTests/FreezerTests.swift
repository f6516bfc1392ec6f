import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct FreezerTests {
    @Test(arguments: FilesystemType.allCases)
    func `writes wait while it is frozen and go on when it is thawed`(
        type: FilesystemType
    ) async throws {
        try await withTemporaryFolder { folder in
            let mounted = try folder.mountFilesystem(type, size: .mebibytes(300), named: "pool")
            let path = mounted.path
            folder.onCleanup { try? Freezer.thaw(mountedAt: path) }
            try Freezer.freeze(mountedAt: path)
            let again = #expect(throws: DriverError.self) { try Freezer.freeze(mountedAt: path) }
            #expect(again?.code == .inUse)
            let pool = BlockingPool(threads: 1)
            async let written: Void = pool.run { () throws(DriverError) in
                try Bytes.write("late", to: "\(path)/file")
            }
            for _ in 0..<2 { try Freezer.thaw(mountedAt: path) }
            try await written
            #expect(try Bytes.read("\(path)/file") == Array("late".utf8))
        }
    }

    @Test
    func `an absent folder is an error`() {
        #expect(throws: DriverError.self) { try Freezer.freeze(mountedAt: "/absent") }
        #expect(throws: DriverError.self) { try Freezer.thaw(mountedAt: "/absent") }
    }
}
