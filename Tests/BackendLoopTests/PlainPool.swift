import Backend
import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// A directory that tests turn into a pool, with the state folder beside it.
enum PlainPool {
    /// A driver whose tiers file has these rules; the state folder lies in the test's folder.
    static func backend(
        _ directory: String,
        tier: String = "test",
        creates: Bool = true,
        accounts: SpaceAccounts = SpaceAccounts(),
        _ change: (inout PoolRules) -> Void = { _ in }
    ) throws -> LoopBackend {
        var rules = PoolRules()
        rules.createsPool = creates
        rules.stateFolder = state(beside: directory)
        change(&rules)
        return try LoopBackend(
            tier: tier,
            directory: directory,
            rules: rules,
            isThick: false,
            overcommit: 1,
            reserve: .bytes(.zero),
            loopDevices: LoopDevices(),
            accounts: accounts,
            logger: quietLogger
        )
    }

    static func names(_ path: String) throws -> [String] {
        try Folder.existing(at: path)?.names().sorted() ?? []
    }

    static func state(beside directory: String) -> String {
        directory.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/state"
    }

    /// Makes the directory where there is none, and a pool of it, and lets go of it.
    static func makePool(_ directory: String) throws {
        if !Paths.exists(directory) { try Paths.makeFolder(directory) }
        try backend(directory).start()
    }

    /// Removes the note and the state, as a new container without the host's folders does.
    static func loseProofs(_ folder: TemporaryFolder) throws {
        try Paths.remove(folder.path(of: ".pool.cairn-pool"))
        try Paths.remove(folder.path(of: "state/pool-test.json"))
    }

    static func mount(holding path: String) throws -> FolderMount {
        guard let root = try Folder.existing(at: path) else {
            throw DriverError(.notFound, "no \(path)")
        }
        return try FolderMount(of: root)
    }

    static func uuid(_ directory: String) throws -> String {
        let bytes = try Bytes.read("\(directory)/cairn-pool.json")
        return try PoolMarker(decoding: bytes, path: "marker").uuid
    }
}
