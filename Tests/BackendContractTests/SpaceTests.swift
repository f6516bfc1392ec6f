import Backend
import DriverCore
import Host
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct SpaceTests {
    private let exact = StorageOptions(overcommit: 1)

    /// What a file system takes for itself beside a volume, and gives back in its own time.
    private let slack = ByteCount.mebibytes(2)

    @Test(arguments: BackendKind.allLayouts)
    func `capacity falls by what is made and comes back when it is deleted`(
        kind: BackendKind
    ) throws {
        try withStorage(kind, exact) { storage in
            let before = try storage.backend.capacity()
            #expect(before.maximumVolumeSize <= before.available)
            #expect(before.available <= before.total)
            let id = try storage.backend.create(volumeRecord("a", size: .mebibytes(64))).id
            let made = try storage.backend.capacity()
            let taken = before.available - made.available
            #expect(taken >= .mebibytes(64) - slack, "\(taken)")
            #expect(taken <= .mebibytes(64) + slack + kind.row.overhead, "\(taken)")
            #expect(before.total - made.total <= slack && made.total - before.total <= slack)
            _ = try storage.backend.expandVolume(id, to: .mebibytes(96))
            let grown = made.available - (try storage.backend.capacity().available)
            #expect(grown >= .mebibytes(32) - slack && grown <= .mebibytes(32) + slack)
            try storage.backend.deleteVolume(id)
            try storage.settle()
            let after = try storage.backend.capacity()
            #expect(before.available - after.available <= slack)
        }
    }

    @Test(arguments: BackendKind.allLayouts)
    func `the largest volume that is offered can be made`(kind: BackendKind) throws {
        try withStorage(kind, exact) { storage in
            let largest = try storage.backend.capacity().maximumVolumeSize
            #expect(largest > .mebibytes(150))
            #expect(try largest.bytes.isMultiple(of: storage.backend.sizeUnit.bytes))
            let id = try storage.backend.create(volumeRecord("a", size: largest)).id
            #expect(try storage.size(of: id) == largest)
            #expect(try storage.backend.capacity().available < .mebibytes(32))
            let error = failure { try storage.backend.create(volumeRecord("b", size: largest)) }
            #expect(error.code == .outOfSpace)
            #expect(error.message.contains("tier test has no room"))
            #expect(try storage.objects() == [id.text])
            try storage.backend.deleteVolume(id)
            try storage.backend.create(volumeRecord("b", size: largest))
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `a tier in order has no problem and tells how full its stores are`(
        kind: BackendKind
    ) throws {
        try withStorage(kind, exact) { storage in
            try storage.backend.create(volumeRecord("a", size: .mebibytes(64)))
            let health = try storage.backend.health()
            #expect(health.isUp)
            #expect(health.problems == [])
            #expect(health.levels[.data] != nil)
            for (store, level) in health.levels { #expect((0..<0.8).contains(level), "\(store)") }
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `what does not fit is refused and leaves nothing`(kind: BackendKind) throws {
        try withStorage(kind, exact) { storage in
            let source = try CopySource.make(in: storage)
            let snapshot = try storage.backend.create(snapshotRecord("s", of: CopySource.name)).id
            let left = try storage.objects()
            let sources: [VolumeSource?] = [nil, .volume(source), .snapshot(snapshot)]
            for source in sources {
                let record = volumeRecord("b", size: .gibibytes(1), source: source)
                #expect(failure { try storage.backend.create(record) }.code == .outOfSpace)
                #expect(try storage.backend.volume(record.id) == nil)
                #expect(try storage.objects() == left)
            }
            try storage.backend.deleteSnapshot(snapshot)
            let growth = failure { _ = try storage.backend.expandVolume(source, to: .gibibytes(1)) }
            #expect(growth.code == .outOfSpace)
            #expect(try storage.backend.volume(source)?.size == .mebibytes(32))
            #expect(try storage.size(of: source) == .mebibytes(32))
            #expect(try storage.objects() == [source.text])
            #expect(try CopySource.isHeld(by: source, in: storage))
            try storage.backend.create(volumeRecord("b"))
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `concurrent creates get what there is and no more`(kind: BackendKind) throws {
        try withStorage(kind, exact) { storage in
            let backend = try storage.backend
            let size = ByteCount.mebibytes(80)
            let before = try backend.capacity().available
            let made = Mutex(0)
            let refusals = Mutex<[DriverError.Code]>([])
            onThreads(8) { index in
                do throws(DriverError) {
                    try backend.create(volumeRecord("volume \(index)", size: size))
                    made.withLock { $0 += 1 }
                } catch {
                    refusals.withLock { $0.append(error.code) }
                }
            }
            let count = made.withLock { $0 }
            #expect(refusals.withLock { $0 }.allSatisfy { $0 == .outOfSpace })
            #expect(count == Int(before.bytes / size.bytes))
            #expect(try backend.volumes().count == count)
            #expect(try storage.objects().count == count)
            #expect(try backend.capacity().available < size)
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `what a deleted volume had can be given out at once`(kind: BackendKind) throws {
        try withStorage(kind, exact) { storage in
            let size =
                ByteCount(try storage.backend.capacity().available.bytes / 2)
                .roundedDown(toMultipleOf: .mebibytes(4)) + .mebibytes(8)
            for round in 0..<3 {
                let id = try storage.backend.create(volumeRecord("\(round)", size: size)).id
                try storage.backend.deleteVolume(id)
            }
        }
    }

    @Test(arguments: BackendKind.allCases)
    func `the reserve is kept from creates and growth`(kind: BackendKind) throws {
        try withStorage(kind, StorageOptions(overcommit: 1, reserve: .percent(50))) { storage in
            let capacity = try storage.backend.capacity()
            #expect(capacity.available < .mebibytes(264))
            let id = try storage.backend.create(volumeRecord("a", size: .mebibytes(128))).id
            let create = failure {
                try storage.backend.create(volumeRecord("b", size: .mebibytes(144)))
            }
            #expect(create.code == .outOfSpace)
            let growth = failure { _ = try storage.backend.expandVolume(id, to: .mebibytes(300)) }
            #expect(growth.code == .outOfSpace)
            #expect(try storage.backend.volume(id)?.size == .mebibytes(128))
            #expect(try storage.size(of: id) == .mebibytes(128))
        }
    }

    @Test(arguments: BackendKind.thin)
    func `the overcommit limit holds for volumes, growth and snapshots`(kind: BackendKind) throws {
        try withStorage(kind) { storage in
            let total = try storage.backend.capacity().total
            #expect(total > .mebibytes(600))
            let half = ByteCount(total.bytes / 2).roundedDown(toMultipleOf: .mebibytes(4))
            let id = try storage.backend.create(volumeRecord("a", size: half)).id
            try storage.backend.create(volumeRecord("b", size: half - .mebibytes(4)))
            let attempts: [() throws -> Void] = [
                { try storage.backend.create(volumeRecord("c", size: .mebibytes(16))) },
                { _ = try storage.backend.expandVolume(id, to: half + .mebibytes(16)) },
            ]
            for attempt in attempts { #expect(failure(attempt).code == .outOfSpace) }
            try storage.write(Bytes.noise(count: 16 << 20), to: id)
            let snapshot = snapshotRecord("s", of: "a", size: half)
            #expect(failure { try storage.backend.create(snapshot) }.code == .outOfSpace)
            try storage.backend.deleteVolume(volumeID("b"))
            try storage.backend.create(snapshot)
        }
    }
}
