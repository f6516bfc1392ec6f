import Backend
import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// Files in very many pieces, whose cuts hold writers for long.
@Suite(.timeLimit(.minutes(3)))
struct FragmentationTests {
    /// Writes every second block of a file.
    private func fragment(_ path: String, extents: Int) throws {
        let file = unsafe open(path, O_RDWR | O_CLOEXEC)
        try #require(file >= 0)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        for place in 0..<extents {
            try #require(unsafe pwrite(file, block, block.count, place * 8192) == block.count)
        }
        try #require(fsync(file) == 0)
    }

    @Test
    func `a volume in very many pieces is named with the time that a cut holds it`() throws {
        try withPool(PoolKind(filesystem: .xfs, isThick: false), size: .gibibytes(1)) { pool in
            let whole = try pool.backend.create(volumeRecord("whole", size: .mebibytes(256))).id
            let pieces = try pool.backend.create(volumeRecord("pieces", size: .mebibytes(256))).id
            try fragment(pool.volumePath(whole), extents: 100)
            try fragment(pool.volumePath(pieces), extents: 21_000)
            let survey = PoolSurvey(of: pool.path, tier: "test", rules: PoolRules())
            #expect(survey.fragmented.map(\.name) == ["pieces"])
            let found = try #require(survey.fragmented.first)
            #expect((21_000...21_100).contains(found.extents))
            #expect(found.hold == "0.2 to 0.5 s")
            #expect(survey.haveAllExtentsBeenCounted)
        }
    }

    @Test
    func `a pool without reflink has no such volumes`() throws {
        try withPool(.ext4Thin, size: .gibibytes(1)) { pool in
            let id = try pool.backend.create(volumeRecord("pieces", size: .mebibytes(256))).id
            try fragment(pool.volumePath(id), extents: 21_000)
            let survey = PoolSurvey(of: pool.path, tier: "test", rules: PoolRules())
            #expect(survey.fragmented.isEmpty)
        }
    }
}
