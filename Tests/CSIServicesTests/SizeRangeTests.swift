import CSIMessages
import DriverCore
import NodeStorage
import Testing

@testable import CSIServices

@Suite(.timeLimit(.minutes(5))) struct SizeRangeTests {
    private static let unit = ByteCount.kibibytes(4)

    private func size(_ required: Int64, _ limit: Int64, minimum: ByteCount = unit)
        throws(DriverError) -> Int64
    {
        try SizeRange(CapacityRange(requiredBytes: required, limitBytes: limit))
            .size(preferring: .gibibytes(1), minimum: minimum, unit: Self.unit).bytes
    }

    @Test(
        arguments: [
            (0, 0, 1 << 30), (1, 0, 4096), (4097, 0, 8192), (4097, 8192, 8192),
            (0, 8191, 4096), (0, 2 << 30, 1 << 30), (4096, 4096, 4096),
        ] as [(Int64, Int64, Int64)]
    )
    func `gives the smallest size that satisfies both ends`(
        required: Int64,
        limit: Int64,
        expected: Int64
    ) throws {
        #expect(try size(required, limit) == expected)
    }

    @Test(
        arguments: [(4097, 4097), (1, 4095), (Int64.max, 0), (Int64.max - 4096, 0)]
            as [(Int64, Int64)]
    )
    func `a size that cannot be met is out of range`(required: Int64, limit: Int64) {
        #expect(
            code { () throws(DriverError) in _ = try size(required, limit) } == .unsupportedSize
        )
    }

    @Test(arguments: [(-1, 0), (0, -1), (8192, 4096)] as [(Int64, Int64)])
    func `a range that contradicts itself is invalid`(required: Int64, limit: Int64) {
        #expect(code { () throws(DriverError) in _ = try size(required, limit) } == .invalidRequest)
    }

    @Test func `a file system's minimum wins over a smaller wish but not over the limit`() throws {
        #expect(try size(1 << 20, 0, minimum: .mebibytes(300)) == 300 << 20)
        let refused = code { () throws(DriverError) in
            _ = try size(1 << 20, 2 << 20, minimum: .mebibytes(300))
        }
        #expect(refused == .unsupportedSize)
    }
}

/// The code of the error that a call throws; nil where it throws none.
func code(_ body: () throws(DriverError) -> Void) -> DriverError.Code? {
    do throws(DriverError) {
        try body()
        return nil
    } catch { return error.code }
}
