import CSIMessages
import DriverCore
import FoundationEssentials
import GRPCRuntime

/// The nine steps.
///
/// Each prints what it did and what that proves; the first that does not hold ends the walk, and
/// what was made is removed either way.
struct Walkthrough {
    let volumes: VolumeClient

    private static let size = ByteCount.mebibytes(512)
    private static let largerSize = ByteCount.gibibytes(1)
    /// The least size that a file system of `largerSize` has, without its own tables.
    private static let largerVisible = ByteCount.mebibytes(850)

    func run() async throws {
        let made = Made()
        let outcome: Result<Void, any Error>
        do {
            try await walk(made)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await remove(made)
        try outcome.get()
        Console.write("Every step of the walk passed.")
    }

    private func walk(_ made: Made) async throws {
        let plugin = try await volumes.plugin()
        say(1, "ask for the driver's name", "\(plugin.name) \(plugin.vendorVersion)")

        let first = try await volumes.create("walk-first", size: Self.size)
        made.volumes.append((first.volumeID, "first"))
        say(2, "create a volume", "\(first.volumeID) of \(ByteCount(first.capacityBytes))")

        let path = try await volumes.mount(first, as: "first")
        try write("before the snapshot", to: path)
        say(3, "format, mount and write", "\(path)/greeting holds 'before the snapshot'")

        let snapshot = try await volumes.snapshot(first, named: "walk-snapshot")
        made.snapshots.append(snapshot.snapshotID)
        try write("after the snapshot", to: path)
        say(4, "take a snapshot while it is mounted, then write more", snapshot.snapshotID)

        try await restore(snapshot, made)
        try await clone(first, made)
        try await grow(first, at: path)
        try await remount(first, at: path)
        try await removeAll(made)
    }

    private func restore(_ snapshot: Snapshot, _ made: Made) async throws {
        let source = VolumeContentSource(type: .snapshot(.init(snapshotID: snapshot.snapshotID)))
        let restored = try await volumes.create(
            "walk-restored",
            size: Self.largerSize,
            from: source
        )
        made.volumes.append((restored.volumeID, "restored"))
        let path = try await volumes.mount(restored, as: "restored")
        try expect("before the snapshot", in: path)
        let visible = try await volumes.mountedSize(restored, at: path)
        try require(visible >= Self.largerVisible, "the restored file system has only \(visible)")
        say(5, "restore it into a larger volume", "old contents, file system of \(visible)")
    }

    private func clone(_ first: Volume, _ made: Made) async throws {
        let source = VolumeContentSource(type: .volume(.init(volumeID: first.volumeID)))
        let cloned = try await volumes.create("walk-cloned", size: Self.size, from: source)
        made.volumes.append((cloned.volumeID, "cloned"))
        let path = try await volumes.mount(cloned, as: "cloned")
        try expect("after the snapshot", in: path)
        say(6, "clone the mounted volume", "new contents, mounted next to its source")
    }

    private func grow(_ first: Volume, at path: String) async throws {
        let wasMounted = try await growMounted(first, at: path)
        let visible = try await volumes.mountedSize(first, at: path)
        try require(visible >= Self.largerVisible, "the grown file system has only \(visible)")
        try expect("after the snapshot", in: path)
        say(
            7,
            wasMounted ? "grow it while it is mounted" : "grow it and mount it again",
            "file system of \(visible), contents unharmed"
        )
    }

    /// False where this host cannot grow the file system while it is mounted, as with ext4 and a
    /// driver without CAP_SYS_RESOURCE; then the next mount has grown it.
    private func growMounted(_ first: Volume, at path: String) async throws -> Bool {
        if let refusal = await growthRefusal(first, at: path) {
            guard refusal.code == .failedPrecondition else { throw refusal }
            Console.write("      \(refusal.message)")
            try await volumes.unmount(first.volumeID, as: "first")
            _ = try await volumes.mount(first, as: "first")
            return false
        }
        return true
    }

    private func growthRefusal(_ first: Volume, at path: String) async -> RPCFailure? {
        do throws(RPCFailure) {
            try await volumes.expand(first, to: Self.largerSize, mountedAt: path)
            return nil
        } catch { return error }
    }

    private func remount(_ first: Volume, at path: String) async throws {
        try await volumes.unmount(first.volumeID, as: "first")
        _ = try await volumes.mount(first, as: "first")
        try expect("after the snapshot", in: path)
        say(8, "unmount and mount it again", "formatted once, never again")
    }

    private func removeAll(_ made: Made) async throws {
        let ids = made.volumes.map(\.id)
        await remove(made)
        for id in ids {
            try require(try await !volumes.exists(id), "volume \(id) is still there")
        }
        say(9, "unmount and delete everything", "none of the \(ids.count) volumes is left")
    }

    /// Removes what is left, in reverse order; reports what cannot be removed.
    private func remove(_ made: Made) async {
        while let (id, name) = made.volumes.popLast() {
            do {
                try await volumes.unmount(id, as: name)
                try await volumes.delete(volume: id)
            } catch { Console.write("could not remove volume \(id): \(error)") }
        }
        while let id = made.snapshots.popLast() {
            do {
                try await volumes.delete(snapshot: id)
            } catch { Console.write("could not remove snapshot \(id): \(error)") }
        }
    }

    private func say(_ step: Int, _ what: String, _ proof: String) {
        Console.write("[\(step)/9] \(what): \(proof)")
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path + "/greeting"))
        } catch { throw WalkFailure(message: "cannot write \(path)/greeting: \(error)") }
    }

    private func expect(_ text: String, in path: String) throws {
        let found = try? Data(contentsOf: URL(filePath: path + "/greeting"))
        try require(
            found == Data(text.utf8),
            "\(path)/greeting holds '\(String(decoding: found ?? Data(), as: UTF8.self))', not "
                + "'\(text)'"
        )
    }

    private func require(_ condition: Bool, _ message: String) throws {
        guard condition else { throw WalkFailure(message: message) }
    }
}

/// The objects that the walk has made and must remove.
private final class Made {
    var volumes: [(id: String, name: String)] = []
    var snapshots: [String] = []
}
