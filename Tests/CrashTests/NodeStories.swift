import CSIMessages
import DriverHarness
import Host
import TestSupport
import Testing

/// Staging, publishing, and back.
extension Story {
    static let stage = Story(
        name: "stage a new volume",
        prepare: { cluster, subject in
            subject.volume = try await cluster.create(subject.name).volumeID
        },
        act: { cluster, subject in try await stageSubject(cluster, subject) },
        verify: { cluster, subject in
            try fill(cluster.staging(subject.volume))
            try await expectOneLayer(cluster, subject)
        },
        remnants: { cluster, subject in try stagingRemnants(cluster, subject) }
    )

    /// A volume with data is never formatted again.
    static let stageAgain = Story(
        name: "stage a volume with data",
        prepare: { cluster, subject in
            try await cluster.makeUsedSource(&subject)
            try await cluster.letGo(subject)
        },
        act: { cluster, subject in try await stageSubject(cluster, subject) },
        verify: { cluster, subject in
            try expectFilled(cluster.staging(subject.volume))
            try await expectOneLayer(cluster, subject)
        },
        remnants: { cluster, subject in try stagingRemnants(cluster, subject) }
    )

    static let stageCopy = Story(
        name: "stage a larger copy",
        prepare: { cluster, subject in
            try await cluster.makeUsedSource(&subject)
            let source = VolumeContentSource.volume(subject.source)
            try await cluster.letGo(subject)
            subject.volume =
                try await cluster.create(subject.name, mebibytes: 96, from: source).volumeID
        },
        act: { cluster, subject in try await stageSubject(cluster, subject) },
        verify: { cluster, subject in
            let staging = cluster.staging(subject.volume)
            try expectFilled(staging)
            let usage = try await cluster.stats(subject.volume, at: staging)
            #expect((usage.first?.total ?? 0) > 80 << 20, "\(usage)")
            try await expectOneLayer(cluster, subject)
        },
        remnants: { cluster, subject in try stagingRemnants(cluster, subject) }
    )

    static let stageBlock = Story(
        name: "stage a block volume",
        prepare: { cluster, subject in
            subject.volume = try await cluster.create(subject.name, as: .block()).volumeID
        },
        act: { cluster, subject in
            try await cluster.stage(subject.volume, as: .block())
            return ""
        },
        verify: { cluster, subject in
            #expect(cluster.devices(of: subject.volume).count == 1)
        },
        remnants: { cluster, subject in try stagingRemnants(cluster, subject) }
    )

    static let unstage = Story(
        name: "unstage",
        prepare: { cluster, subject in
            try await cluster.makeUsedSource(&subject)
            try await cluster.unpublish(subject.volume, from: subject.target)
        },
        act: { cluster, subject in
            try await cluster.unstage(subject.volume)
            return ""
        },
        verify: { cluster, subject in
            #expect(cluster.devices(of: subject.volume).isEmpty)
            try await cluster.using(subject.volume) { try expectFilled($0) }
        }
    )

    static let publish = publishing("publish", as: .mount())
    static let publishBlock = publishing("publish a block volume", as: .block())

    static let unpublish = Story(
        name: "unpublish",
        prepare: { cluster, subject in try await cluster.makeUsedSource(&subject) },
        act: { cluster, subject in
            try await cluster.unpublish(subject.volume, from: subject.target)
            return ""
        },
        verify: { cluster, subject in
            #expect(!Paths.exists(subject.target))
            try expectFilled(cluster.staging(subject.volume))
        }
    )

    private static func publishing(_ name: String, as capability: VolumeCapability) -> Story {
        Story(
            name: name,
            prepare: { cluster, subject in
                subject.volume = try await cluster.create(subject.name, as: capability).volumeID
                try await cluster.stage(subject.volume, as: capability)
            },
            act: { cluster, subject in
                try await cluster.publish(subject.volume, at: subject.target, as: capability)
                return ""
            },
            verify: { cluster, subject in
                let mounts = try cluster.mounts(at: subject.target)
                #expect(mounts.count == 1)
            },
            remnants: { cluster, subject in
                Paths.exists(subject.target) ? ["the target is still there"] : []
            }
        )
    }

    private static func stageSubject(_ cluster: Cluster, _ subject: Subject) async throws -> String
    {
        try await cluster.stage(subject.volume)
        return ""
    }

    private static func expectOneLayer(_ cluster: Cluster, _ subject: Subject) async throws {
        #expect(try cluster.mounts(at: cluster.staging(subject.volume)).count == 1)
        #expect(cluster.devices(of: subject.volume).count == 1)
    }

    private static func stagingRemnants(_ cluster: Cluster, _ subject: Subject) throws -> [String] {
        let mounts = try cluster.mounts(at: cluster.staging(subject.volume)).map(\.target)
        return cluster.devices(of: subject.volume) + mounts
    }
}
