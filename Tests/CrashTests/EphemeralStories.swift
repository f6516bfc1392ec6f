import CSIMessages
import DriverHarness
import TestSupport
import Testing

/// Inline volumes, made by their publish and removed by their unpublish.
extension Story {
    static let ephemeral = publishing("publish an inline volume")
    /// The publish fails late, so that it takes everything back.
    static let failedEphemeral = publishing(
        "failed publish of an inline volume",
        detour: "ephemeral.mounted:enospc"
    )

    static let ephemeralUnpublish = Story(
        name: "unpublish an inline volume",
        prepare: { cluster, subject in
            _ = try await cluster.call(request(subject, cluster))
            try fill(subject.target)
        },
        act: { cluster, subject in
            try await cluster.unpublish(subject.name, from: subject.target)
            return ""
        },
        verify: { cluster, subject in
            #expect(!Paths.exists(subject.target))
            #expect(cluster.entries() == ["volumes/\(Bystander.of(cluster).volume)"])
        }
    )

    private static func publishing(_ name: String, detour: String = "") -> Story {
        Story(
            name: name,
            detour: detour,
            prepare: { _, _ in },
            act: { cluster, subject in
                _ = try await cluster.call(request(subject, cluster))
                return ""
            },
            verify: { cluster, subject in
                try fill(subject.target)
                try expectFilled(subject.target)
                let mounts = try cluster.mounts(at: subject.target)
                #expect(mounts.count == 1)
                #expect(cluster.entries().count == 2)
            },
            remnants: { cluster, subject in
                let others = cluster.entries()
                    .filter { !$0.hasSuffix(Bystander.of(cluster).volume) }
                return others + (Paths.exists(subject.target) ? ["the target"] : [])
            }
        )
    }

    private static func request(_ subject: Subject, _ cluster: Cluster)
        -> NodePublishVolumeRequest
    {
        NodePublishVolumeRequest(
            volumeID: subject.name,
            targetPath: subject.target,
            volumeCapability: .mount(),
            volumeContext: ["csi.storage.k8s.io/ephemeral": "true", "size": "32Mi"]
        )
    }
}
