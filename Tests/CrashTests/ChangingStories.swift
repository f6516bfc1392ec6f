import CSIMessages
import DriverHarness
import GRPCRuntime
import Testing

/// Operations that change or remove what is there.
extension Story {
    /// btrfs, because every kernel and container can grow it while it is mounted.
    static let expand = Story(
        name: "expand a mounted volume",
        prepare: { cluster, subject in
            try await cluster.makeUsedSource(&subject, mebibytes: 256, as: .mount("btrfs"))
        },
        act: { cluster, subject in
            let size = CapacityRange.mebibytes(320)
            let answer = try await cluster.expand(subject.volume, to: size)
            let grown = try await cluster.nodeExpand(subject.volume, at: subject.target, to: size)
            return "\(answer) \(grown)"
        },
        verify: { cluster, subject in
            try expectFilled(subject.target)
            let usage = try await cluster.stats(subject.volume, at: subject.target)
            #expect((usage.first?.total ?? 0) > 300 << 20, "\(usage)")
        },
        remnants: { cluster, subject in
            let size = try await cluster.get(subject.volume).capacityBytes
            return size == 256 << 20 ? [] : ["the volume has \(size)"]
        }
    )

    static let deleteVolume = Story(
        name: "delete a volume",
        prepare: { cluster, subject in
            try await cluster.makeUsedSource(&subject)
            try await cluster.letGo(subject)
        },
        act: { cluster, subject in
            try await cluster.delete(subject.volume)
            return ""
        },
        verify: { cluster, subject in
            let left = try await cluster.volumes()
            #expect(!left.contains(subject.volume))
        },
        remnants: { cluster, subject in
            // Nothing has happened: the volume is whole.
            try await cluster.using(subject.volume) { try expectFilled($0) }
            return []
        }
    )

    static let deleteSnapshot = Story(
        name: "delete a snapshot",
        prepare: { cluster, subject in
            try await cluster.makeUsedSource(&subject)
            subject.snapshot =
                try await cluster.snapshot(subject.source, named: subject.name).snapshotID
        },
        act: { cluster, subject in
            try await cluster.deleteSnapshot(subject.snapshot)
            return ""
        },
        verify: { cluster, subject in
            let left = try await cluster.snapshots()
            #expect(!left.contains(subject.snapshot))
            try expectFilled(subject.target)
        },
        remnants: { cluster, subject in
            let volume = try await cluster.create(
                subject.name + "-proof",
                mebibytes: 64,
                from: .snapshot(subject.snapshot)
            ).volumeID
            try await cluster.using(volume) { try expectFilled($0) }
            return []
        }
    )
}
