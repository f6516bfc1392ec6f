import CSIMessages
import DriverCore
import DriverHarness
import Host
import Naming
import TestSupport
import Testing

@testable import BackendLVM

/// One operation that is cut, with what lies before and behind it.
struct CrashStory: Sendable, CustomStringConvertible {
    let name: String
    /// How many commands of LVM the operation runs.
    let commands: Int
    /// Whether a sidecar takes a final code to say that nothing was made.
    var isMaking = false
    /// Brings everything to where the operation can begin.
    var prepare: @Sendable (CrashSite, CrashSubject) async throws -> Void = { _, _ in }
    /// The operation; answers what it told, so that a repeated call can be compared.
    let act: @Sendable (CrashSite, CrashSubject) async throws -> String
    /// Looks at what there is when the operation has succeeded.
    let verify: @Sendable (CrashSite, CrashSubject) async throws -> Void

    var description: String { name }
}

/// What a story is about; the names are of this run alone.
struct CrashSubject: Sendable {
    let name: String
    /// What the operation makes, or works on.
    let volume: String
    let snapshot: String

    init(in cluster: Cluster) {
        name = cluster.unique("subject")
        let node = SHA256.hex(of: "conformance")
        let digest = SHA256.hex(of: name)
        volume = VolumeID(nodeDigest: node, nameDigest: digest).text
        snapshot = SnapshotID(nodeDigest: node, nameDigest: digest).text
    }
}

/// What makes an object.
extension CrashStory {
    static func create(_ kind: TestTier.Kind) -> CrashStory {
        CrashStory(
            name: "create",
            commands: kind == .thick ? 2 : 1,
            isMaking: true,
            act: { site, subject in
                let made = try await site.create(subject, mebibytes: CrashSite.size)
                return "\(made)"
            },
            verify: { site, subject in
                try Marks.expectZeros(in: site.path(of: subject.volume))
            }
        )
    }

    /// Of the snapshot, as large as that.
    static func restore(_ kind: TestTier.Kind) -> CrashStory {
        copy("restore", commands: kind == .thick ? 2 : 1, holds: CrashSite.early) { site in
            .snapshot(site.snapshot)
        }
    }

    static func largerRestore(_ kind: TestTier.Kind) -> CrashStory {
        copy(
            "larger restore",
            commands: kind == .thick ? 2 : 3,
            mebibytes: 2 * CrashSite.size,
            holds: CrashSite.early
        ) { site in .snapshot(site.snapshot) }
    }

    /// Of the published volume, so that a thick copy is cut from a snapshot made for it.
    static func clone(_ kind: TestTier.Kind) -> CrashStory {
        copy("clone", commands: kind == .thick ? 4 : 1, holds: CrashSite.late) { site in
            .volume(site.source)
        }
    }

    private static func copy(
        _ name: String,
        commands: Int,
        mebibytes: Int64 = CrashSite.size,
        holds mark: UInt64,
        of source: @escaping @Sendable (CrashSite) -> VolumeContentSource
    ) -> CrashStory {
        CrashStory(
            name: name,
            commands: commands,
            isMaking: true,
            act: { site, subject in
                let made = try await site.create(subject, mebibytes: mebibytes, from: source(site))
                return "\(made)"
            },
            verify: { site, subject in
                try Marks.expect(mark, in: site.path(of: subject.volume))
            }
        )
    }

    static func snapshot(_ kind: TestTier.Kind) -> CrashStory {
        CrashStory(
            name: "snapshot",
            commands: kind == .thick ? 2 : 1,
            isMaking: true,
            act: { site, subject in
                let made = try await site.cluster.snapshot(site.source, named: subject.name)
                return "\(made)"
            },
            verify: { site, subject in
                if kind == .thin {
                    let volume = "\(site.disks.name)/\(subject.snapshot)"
                    try site.disks.lvm("lvchange", "-ay", "-K", volume)
                }
                let path = site.path(of: subject.snapshot)
                try Marks.expect(CrashSite.late, in: path)
            }
        )
    }
}

/// What changes or removes one.
extension CrashStory {
    static func expand(_ kind: TestTier.Kind) -> CrashStory {
        CrashStory(
            name: "expand",
            commands: kind == .thick ? 3 : 1,
            prepare: { site, subject in
                _ = try await site.create(subject, mebibytes: CrashSite.size)
                let path = site.path(of: subject.volume)
                try Marks.write(CrashSite.early, to: path)
            },
            act: { site, subject in
                let grown = try await site.cluster.expand(
                    subject.volume,
                    to: .mebibytes(2 * CrashSite.size),
                    as: .block()
                )
                return "\(grown)"
            },
            verify: { site, subject in
                let path = site.path(of: subject.volume)
                let size = try BlockDevice.size(of: path)
                #expect(size == .mebibytes(2 * CrashSite.size))
                try Marks.expect(CrashSite.early, in: path)
            }
        )
    }

    static let deleteVolume = CrashStory(
        name: "delete a volume",
        commands: 1,
        prepare: { site, subject in
            _ = try await site.create(subject, mebibytes: CrashSite.size)
        },
        act: { site, subject in
            try await site.cluster.delete(subject.volume)
            return ""
        },
        verify: { site, subject in
            let left = try site.picture()
            #expect(left == site.empty)
        }
    )

    static let deleteSnapshot = CrashStory(
        name: "delete a snapshot",
        commands: 1,
        prepare: { site, subject in
            _ = try await site.cluster.snapshot(site.source, named: subject.name)
        },
        act: { site, subject in
            try await site.cluster.deleteSnapshot(subject.snapshot)
            return ""
        },
        verify: { site, subject in
            let left = try site.picture()
            #expect(left == site.empty)
        }
    )

    /// The commands note that the file system is being made, and that it is.
    static let format = CrashStory(
        name: "format",
        commands: 2,
        prepare: { site, subject in
            _ = try await site.create(subject, mebibytes: 2 * CrashSite.size, as: .mount())
        },
        act: { site, subject in
            try await site.cluster.stage(subject.volume)
            return ""
        },
        verify: { site, subject in
            let folder = site.cluster.staging(subject.volume)
            try write("contents", in: folder)
            try expectContents("contents", in: folder)
        }
    )

    /// As after a boot on which nothing was activated; the first use of a raw volume is noted, too.
    static let activate = CrashStory(
        name: "activate",
        commands: 2,
        prepare: { site, subject in
            _ = try await site.create(subject, mebibytes: CrashSite.size)
            try site.disks.lvm("lvchange", "-an", "\(site.disks.name)/\(subject.volume)")
        },
        act: { site, subject in
            try await site.cluster.stage(subject.volume, as: .block())
            return ""
        },
        verify: { site, subject in
            try Marks.expectZeros(in: site.path(of: subject.volume))
        }
    )
}
