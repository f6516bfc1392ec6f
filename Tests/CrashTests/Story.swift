import CSIMessages
import DriverHarness

/// One operation that is killed or made to fail, with what lies before and behind it.
struct Story: Sendable, CustomStringConvertible {
    let name: String
    /// Failpoints that make the operation take the way that the story is about.
    var detour = ""
    /// Brings everything to where the operation can begin.
    var prepare: @Sendable (Cluster, inout Subject) async throws -> Void
    /// The operation; answers what it told, so that a repeated call can be compared.
    var act: @Sendable (Cluster, Subject) async throws -> String
    /// Looks at contents when the operation has succeeded.
    var verify: @Sendable (Cluster, Subject) async throws -> Void = { _, _ in }
    /// What a failure with a final code must not leave behind, in words; empty where all is well.
    var remnants: @Sendable (Cluster, Subject) async throws -> [String] = { _, _ in [] }

    var description: String { name }
}

/// What a story is about; the names are of this run alone.
struct Subject: Sendable {
    /// The name of what the operation makes.
    let name: String
    let target: String
    var source = ""
    var snapshot = ""
    /// The volume that the operation works on.
    var volume = ""

    init(in cluster: Cluster) {
        name = cluster.unique("subject")
        target = cluster.target("subject")
    }
}

extension Cluster {
    /// Stages and publishes.
    func use(_ subject: Subject, as capability: VolumeCapability = .mount()) async throws {
        try await stage(subject.volume, as: capability)
        try await publish(subject.volume, at: subject.target, as: capability)
    }

    func letGo(_ subject: Subject) async throws {
        try await unpublish(subject.volume, from: subject.target)
        try await unstage(subject.volume)
    }

    /// A volume that is in use, with a file large enough for a copy of several steps.
    func makeUsedSource(
        _ subject: inout Subject,
        mebibytes: Int64 = 64,
        as capability: VolumeCapability = .mount()
    ) async throws {
        subject.volume = try await create(
            subject.name + "-source",
            mebibytes: mebibytes,
            as: capability
        ).volumeID
        subject.source = subject.volume
        try await use(subject, as: capability)
        try fill(subject.target)
    }

    /// The names in the pool's two folders.
    func entries() -> [String] {
        pools.flatMap { pool in
            ["volumes", "snapshots"].flatMap { shelf in
                Entries.names(in: "\(pool.directory)/\(shelf)").map { "\(shelf)/\($0)" }
            }
        }
    }
}
