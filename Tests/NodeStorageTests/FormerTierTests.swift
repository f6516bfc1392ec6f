import Backend
import DriverCore
import Host
import Naming
import Synchronization
import TestSupport
import Testing

@testable import NodeStorage

/// What is left of a tier, as a test sets it.
private final class ScriptedStorage: FormerStorage {
    let tier: String
    let place = "pool /srv/old"
    private let answer: Mutex<Result<FormerObjects?, DriverError>>
    private let served = Mutex(false)
    private let forgotten = Mutex(false)

    init(_ tier: String, volumes: Set<String> = [], snapshots: Set<String> = []) {
        self.tier = tier
        var objects = FormerObjects()
        objects.volumes = volumes
        objects.snapshots = snapshots
        answer = Mutex(.success(objects))
    }

    var isServed: Bool { served.withLock(\.self) }
    var isForgotten: Bool { forgotten.withLock(\.self) }

    func serve() { served.withLock { $0 = true } }
    func lose() { answer.withLock { $0 = .failure(DriverError(.unavailable, "its disk is away")) } }

    func objects() throws(DriverError) -> FormerObjects? { try answer.withLock(\.self).get() }
    func forget() { forgotten.withLock { $0 = true } }
    func device(of id: VolumeID) -> AttachedDevice? {
        AttachedDevice(path: "/dev/loop99", number: 99)
    }
    func detach(_ id: VolumeID) {}
}

/// A node with one tier, and another one that was taken out of the tiers file.
@Suite(.timeLimit(.minutes(2))) struct FormerTierTests {
    private let identity: NodeIdentity

    init() throws {
        identity = try NodeIdentity(driverName: "t.csi", version: "0", nodeID: "n", topology: [:])
    }

    private func withTiers(
        _ storage: ScriptedStorage,
        _ body: (_ tiers: Tiers, _ near: Tier) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let near = Tier(
                named: "near",
                over: ScriptedBackend(folder: try folder.makeFolder("near")),
                defaultFilesystem: .ext4
            )
            let tiers = Tiers(
                [near],
                former: [FormerTier(storage)],
                default: "near",
                logger: quietLogger
            )
            try body(tiers, near)
        }
    }

    private var volume: VolumeID { identity.volumeID(forName: "left") }
    private var snapshot: SnapshotID { identity.snapshotID(forName: "left") }
    private var absent: VolumeID { identity.volumeID(forName: "absent") }

    private func full(_ tier: String = "old") -> ScriptedStorage {
        ScriptedStorage(tier, volumes: [volume.text], snapshots: [snapshot.text])
    }

    private func expectUnavailable(_ words: String, _ body: () throws -> Void) {
        let error = #expect(throws: DriverError.self) { try body() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains(words) ?? false, "\(String(describing: error))")
    }

    @Test func `what it has is not said to be absent, and the rest is`() throws {
        try withTiers(full()) { tiers, near in
            expectUnavailable("tier 'old' is no longer in the tiers file") {
                _ = try tiers.find(volume)
            }
            expectUnavailable("pool /srv/old") { _ = try tiers.find(snapshot) }
            expectUnavailable("1 volume and 1 snapshot") {
                _ = try tiers.readEach { (it) throws(DriverError) in try it.volumes() }
            }
            expectUnavailable("cannot list all") {
                _ = try tiers.readEach { (it) throws(DriverError) in try it.snapshots() }
            }
            #expect(try tiers.find(absent) == nil)
            try tiers.finishRemoval(of: absent)
            #expect(try tiers.device(of: volume)?.top.number == 99)
        }
    }

    @Test func `a create makes no second volume of a name that it has`() throws {
        try withTiers(full()) { tiers, near in
            expectUnavailable("is in") { _ = try tiers.findForCreate(volume, in: near) }
            expectUnavailable("is in") { _ = try tiers.findForCreate(volume) }
            expectUnavailable("is in") { _ = try tiers.findForCreate(snapshot, in: near) }
            let found = try tiers.findForCreate(absent, in: near)
            #expect(found == nil)
        }
    }

    @Test func `while it cannot be read nothing is absent, and creates of others go on`() throws {
        let storage = full()
        storage.lose()
        try withTiers(storage) { tiers, near in
            expectUnavailable("its disk is away") { _ = try tiers.find(absent) }
            expectUnavailable("its disk is away") {
                _ = try tiers.readEach { (it) throws(DriverError) in try it.volumes() }
            }
            let found = try tiers.findForCreate(absent, in: near)
            #expect(found == nil)
        }
    }

    @Test func `it is forgotten at a start where nothing is left, and only there`() throws {
        for (storage, isForgotten) in [(ScriptedStorage("old"), true), (full(), false)] {
            try withTiers(storage) { tiers, _ in
                tiers.start()
                #expect(storage.isForgotten == isForgotten)
            }
        }
        let away = ScriptedStorage("old")
        away.lose()
        try withTiers(away) { tiers, _ in
            tiers.start()
            #expect(!away.isForgotten)
        }
    }

    @Test func `its objects are told beside the tiers of the node, or under their names`() throws {
        try withTiers(full()) { tiers, _ in
            let reports = tiers.reports()
            #expect(reports.map(\.name) == ["near", "old"])
            #expect(reports[0].health.problems.isEmpty)
            #expect(reports[1].capacity == nil && !reports[1].isDefault)
            #expect(reports[1].health.problems.first?.found.contains("1 volume ") == true)
            #expect(tiers.figures().map(\.figures.isUp) == [true, nil])
            #expect(tiers.names == ["near"])
        }
        try withTiers(full("near")) { tiers, _ in
            let reports = tiers.reports()
            #expect(reports.map(\.name) == ["near"])
            #expect(reports[0].health.problems.map(\.kind) == [.unknownTier])
            #expect(tiers.figures().map(\.figures.isUp) == [true])
        }
    }

    @Test func `storage that a tier serves after all is its own`() throws {
        let storage = full()
        storage.serve()
        try withTiers(storage) { tiers, near in
            let found = try tiers.find(volume)
            #expect(found == nil)
            #expect(tiers.only?.name == "near")
            #expect(tiers.reports().count == 1)
        }
    }
}
