import Backend
import DriverCore
import Host
import Naming
import TestSupport
import Testing

@testable import NodeStorage

/// The count of volumes, with every moment at which another create may look at it.
@Suite(.timeLimit(.minutes(5))) struct AdmissionTests {
    private let identity: NodeIdentity

    init() throws {
        identity = try NodeIdentity(driverName: "t.csi", version: "0", nodeID: "n", topology: [:])
    }

    private func record(_ name: String, tier: String = "a", inline: Bool = false) -> VolumeRecord {
        VolumeRecord(
            id: identity.volumeID(forName: name),
            name: name,
            tier: tier,
            size: .mebibytes(1),
            capabilities: [],
            filesystem: .ext4,
            created: WallClock.now(),
            isEphemeral: inline
        )
    }

    private func withTiers(
        _ body: (_ tiers: Tiers, _ first: ScriptedBackend, _ second: ScriptedBackend) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let first = ScriptedBackend(tier: "a", folder: try folder.makeFolder("a"))
            let second = ScriptedBackend(tier: "b", folder: try folder.makeFolder("b"))
            let tiers = Tiers(
                [first, second].map { Tier(named: $0.tier, over: $0, defaultFilesystem: .ext4) },
                default: "a",
                logger: quietLogger
            )
            tiers.start()
            try body(tiers, first, second)
        }
    }

    private func make(_ record: VolumeRecord, in backend: ScriptedBackend) throws(DriverError) {
        _ = try backend.createVolume(record, progress: Progress())
    }

    private func admit(
        _ admission: Admission,
        _ record: VolumeRecord,
        _ tiers: Tiers,
        _ body: () throws(DriverError) -> Void = {}
    ) throws(DriverError) {
        try admission.admitting(record, to: tiers, body, orUndoing: {})
    }

    private func expectRefusal(_ words: String, _ body: () throws(DriverError) -> Void) {
        let error = #expect(throws: DriverError.self) { try body() }
        #expect(error?.code == .outOfSpace)
        #expect(error?.message.contains(words) ?? false, "\(String(describing: error))")
    }

    @Test func `what is being made takes a place until it is made or has failed`() throws {
        try withTiers { tiers, first, _ in
            let admission = Admission(maximumVolumes: 1)
            #expect(throws: DriverError.self) {
                try admit(admission, record("1"), tiers) { () throws(DriverError) in
                    // Before its record exists.
                    expectRefusal("has 1 volume,") { () throws(DriverError) in
                        try admit(admission, record("2"), tiers)
                    }
                    throw DriverError(.hostFailure, "it fails")
                }
            }
            try admit(admission, record("2"), tiers) { () throws(DriverError) in
                try make(record("2"), in: first)
                // Its record exists, and it is still being made: one volume.
                expectRefusal("has 1 volume,") { () throws(DriverError) in
                    try admit(admission, record("3"), tiers)
                }
            }
            expectRefusal("has 1 volume,") { () throws(DriverError) in
                try admit(admission, record("3"), tiers)
            }
            try first.deleteVolume(record("2").id)
            try admit(admission, record("3"), tiers)
        }
    }

    @Test func `one that comes later takes no place of an earlier one`() throws {
        try withTiers { tiers, _, _ in
            let admission = Admission(maximumVolumes: 1)
            try admit(admission, record("1"), tiers) { () throws(DriverError) in
                expectRefusal("limit is 1") { () throws(DriverError) in
                    try admit(admission, record("2"), tiers)
                }
                #expect(admission.isFull(tiers))
            }
            #expect(!admission.isFull(tiers))
        }
    }

    @Test func `inline volumes are counted by tier, and all volumes together`() throws {
        try withTiers { tiers, first, second in
            let policy = TierPolicy(
                inline: InlinePolicy(
                    maximumSize: .gibibytes(1),
                    maximumVolumes: 1,
                    filesystems: [.ext4]
                )
            )
            let admission = Admission(maximumVolumes: 4, policies: ["a": policy, "b": policy])
            try make(record("persistent"), in: first)
            try make(record("inline", inline: true), in: first)
            expectRefusal("tier 'a' has 1 inline volume,") { () throws(DriverError) in
                try admit(admission, record("2", inline: true), tiers)
            }
            try admit(admission, record("2", tier: "b", inline: true), tiers)
            try make(record("2", tier: "b", inline: true), in: second)
            try admit(admission, record("3"), tiers)
            try make(record("3"), in: first)
            expectRefusal("has 4 volumes") { () throws(DriverError) in
                try admit(admission, record("4"), tiers)
            }
        }
    }

    @Test func `a tier that does not answer counts as it last did, and stops only its own`() throws
    {
        try withTiers { tiers, first, second in
            let admission = Admission(maximumVolumes: 2)
            try make(record("far", tier: "b"), in: second)
            try make(record("near"), in: first)
            #expect(admission.isFull(tiers))
            try first.deleteVolume(record("near").id)
            second.fail(after: 0, with: .unavailable)
            try admit(admission, record("near"), tiers) { () throws(DriverError) in
                try make(record("near"), in: first)
            }
            second.fail(after: 0, with: .unavailable)
            expectRefusal("has 2 volumes") { () throws(DriverError) in
                try admit(admission, record("third"), tiers)
            }
            first.fail(after: 0, with: .unavailable)
            let error = #expect(throws: DriverError.self) {
                try admit(admission, record("third"), tiers)
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func `a refusal is final only when what an earlier call left is gone`() throws {
        try withTiers { tiers, first, _ in
            let admission = Admission(maximumVolumes: 1)
            try make(record("1"), in: first)
            let error = #expect(throws: DriverError.self) {
                try admission.admitting(record("2"), to: tiers) { () throws(DriverError) in
                } orUndoing: { () throws(DriverError) in
                    throw DriverError(.unavailable, "it stays")
                }
            }
            #expect(error?.code == .operationPending)
        }
    }

    @Test func `without a limit nothing is counted`() throws {
        try withTiers { tiers, first, second in
            first.fail(after: 0)
            second.fail(after: 0)
            try admit(Admission(), record("1"), tiers)
            #expect(!Admission().isFull(tiers))
            // Nobody was asked.
            #expect(first.endScript() == nil && second.endScript() == nil)
        }
    }
}
