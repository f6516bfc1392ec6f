import DriverCore
import TestSupport
import Testing

@testable import CSIServing

@Suite(.timeLimit(.minutes(5))) struct PageTests {
    private static func id(_ number: Int) -> VolumeID {
        let digits = String(number)
        let name = String(repeating: "0", count: 32 - digits.count) + digits
        return VolumeID(
            nodeDigest: String(repeating: "a", count: 64),
            nameDigest: name + name
        )
    }

    private func pages(of ids: [VolumeID], by count: Int32) throws -> [[VolumeID]] {
        var pages: [[VolumeID]] = []
        var token = ""
        repeat {
            let page = try Page<VolumeID>(maxEntries: count, startingToken: token)
            let (cut, next) = page.cut(ids, id: \.self)
            pages.append(Array(cut))
            token = next
        } while !token.isEmpty
        return pages
    }

    @Test(arguments: [1, 7, 10, 11, 0] as [Int32])
    func `the pages together are the list`(count: Int32) throws {
        let ids = (0..<10).map(Self.id)
        #expect(try pages(of: ids, by: count).flatMap(\.self) == ids)
    }

    @Test func `a token outlives the object that it names`() throws {
        let ids = (0..<10).map(Self.id)
        let (first, token) = try Page<VolumeID>(maxEntries: 4, startingToken: "").cut(
            ids,
            id: \.self
        )
        let rest = ids.filter { $0 != first.last }
        let (second, _) = try Page<VolumeID>(maxEntries: 0, startingToken: token)
            .cut(rest, id: \.self)
        #expect(Array(second) == Array(ids[4...]))
    }

    @Test func `a page is bounded whatever is asked`() throws {
        let ids = (0..<3000).map(Self.id)
        let (page, next) = try Page<VolumeID>(maxEntries: .max, startingToken: "")
            .cut(ids, id: \.self)
        #expect(page.count == Page<VolumeID>.maximumEntries)
        #expect(!next.isEmpty)
    }

    @Test func `a token of nobody aborts and a negative count is invalid`() {
        #expect(
            failure { _ = try Page<VolumeID>(maxEntries: 0, startingToken: "invalid-token") }.code
                == .operationPending
        )
        #expect(
            failure { _ = try Page<VolumeID>(maxEntries: -1, startingToken: "") }.code
                == .invalidRequest
        )
    }
}
