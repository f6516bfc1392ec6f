import Backend
import DriverCore
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ConcurrencyTests {
    /// What one thread does with objects of its own; true where each of them held what it should.
    private static func live(_ thread: Int, _ backend: any VolumeBackend) throws(DriverError)
        -> Bool
    {
        let (name, size) = ("volume \(thread)", ByteCount.mebibytes(8))
        let bytes = Bytes.noise(count: 64 << 10, seed: UInt64(thread + 1))
        let id = try backend.create(volumeRecord(name, size: size)).id
        try Bytes.write(bytes, to: backend.attach(id).path, at: 4 << 20)
        try backend.detach(id)
        let snapshot = snapshotRecord("snapshot \(thread)", of: name, size: size)
        try backend.create(snapshot)
        let restored = volumeRecord(
            "restored \(thread)",
            size: .mebibytes(12),
            source: .snapshot(snapshot.id)
        )
        try backend.create(restored)
        try backend.deleteSnapshot(snapshot.id)
        try backend.setContents(.raw, of: restored.id)
        _ = try backend.expandVolume(id, to: .mebibytes(12))
        var isRight = true
        for id in [id, restored.id] {
            let device = try backend.attach(id).path
            let held = try Bytes.read(device, at: 4 << 20, count: bytes.count) == bytes
            let rest = try Bytes.isZero(device, at: 8 << 20)
            isRight = isRight && held && rest
            try backend.detach(id)
        }
        if thread.isMultiple(of: 2) { try backend.deleteVolume(id) }
        return isRight
    }

    @Test(arguments: BackendKind.allCases)
    func `eight threads on different volumes do not get in each other's way`(
        kind: BackendKind
    ) throws {
        try withStorage(kind) { storage in
            let backend = try storage.backend
            let failures = Mutex<[String]>([])
            onThreads(8) { thread in
                do throws(DriverError) {
                    guard try !Self.live(thread, backend) else { return }
                    failures.withLock { $0.append("thread \(thread) read what it did not write") }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
            let names =
                (0..<8).map { "restored \($0)" }
                + (0..<8).filter { !$0.isMultiple(of: 2) }.map { "volume \($0)" }
            let expected = names.map(volumeID).sorted()
            let volumes = try backend.volumes()
            #expect(volumes.map(\.id) == expected)
            #expect(volumes.allSatisfy { $0.size == .mebibytes(12) })
            #expect(try backend.snapshots().isEmpty)
            #expect(try storage.objects() == expected.map(\.text))
        }
    }
}
