import CSIMessages
import DriverHarness
import Testing

/// Operations that make something.
extension Story {
    static let create = creating("create")

    private static func creating(_ name: String, detour: String = "") -> Story {
        Story(
            name: name,
            detour: detour,
            prepare: { _, _ in },
            act: { cluster, subject in "\(try await cluster.create(subject.name))" },
            verify: { cluster, subject in
                let volume = try await cluster.create(subject.name).volumeID
                try await cluster.using(volume) { folder in
                    try fill(folder)
                    try expectFilled(folder)
                }
            },
            remnants: { cluster, subject in newEntries(cluster, subject) }
        )
    }

    /// A create that fails, so that it takes back what it made.
    static let failedCreate = creating("failed create", detour: "create.renamed:enospc")

    static let snapshot = Story(
        name: "snapshot of a mounted volume",
        prepare: { cluster, subject in try await cluster.makeUsedSource(&subject) },
        act: { cluster, subject in
            "\(try await cluster.snapshot(subject.source, named: subject.name))"
        },
        verify: { cluster, subject in
            try expectFilled(subject.target)
            let snapshot = try await cluster.snapshot(subject.source, named: subject.name)
            try await expectCopy(of: .snapshot(snapshot.snapshotID), cluster, subject)
        },
        remnants: { cluster, subject in newEntries(cluster, subject) }
    )

    static let clone = Story(
        name: "clone of a mounted volume",
        prepare: { cluster, subject in try await cluster.makeUsedSource(&subject) },
        act: { cluster, subject in
            "\(try await copy(.volume(subject.source), cluster, subject))"
        },
        verify: { cluster, subject in
            try expectFilled(subject.target)
            try await expectCopy(of: .volume(subject.source), cluster, subject)
        },
        remnants: { cluster, subject in newEntries(cluster, subject) }
    )

    static let restore = Story(
        name: "restore",
        prepare: { cluster, subject in
            try await cluster.makeUsedSource(&subject)
            try await cluster.letGo(subject)
            subject.snapshot =
                try await cluster.snapshot(subject.source, named: subject.name).snapshotID
        },
        act: { cluster, subject in
            "\(try await copy(.snapshot(subject.snapshot), cluster, subject))"
        },
        verify: { cluster, subject in
            try await expectCopy(of: .snapshot(subject.snapshot), cluster, subject)
        },
        remnants: { cluster, subject in newEntries(cluster, subject) }
    )

    private static func copy(
        _ source: VolumeContentSource,
        _ cluster: Cluster,
        _ subject: Subject
    ) async throws -> Volume {
        try await cluster.create(subject.name, mebibytes: 64, from: source)
    }

    private static func expectCopy(
        of source: VolumeContentSource,
        _ cluster: Cluster,
        _ subject: Subject
    ) async throws {
        let volume = try await copy(source, cluster, subject).volumeID
        try await cluster.using(volume) { try expectFilled($0) }
    }

    /// Half-made folders, and objects that the failed call must not have made.
    private static func newEntries(_ cluster: Cluster, _ subject: Subject) -> [String] {
        let known = [subject.source, subject.snapshot]
        return cluster.entries().filter { entry in
            !known.contains { !$0.isEmpty && entry.hasSuffix("/\($0)") }
                && !entry.hasSuffix(Bystander.of(cluster).volume)
        } + cluster.marks()
    }
}
