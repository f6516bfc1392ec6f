package import CSIMessages

/// A request for one page of a list.
package protocol ListRequest: CSIRequest {
    associatedtype Item: Sendable

    /// Where the page begins; empty for the first.
    var startingToken: String { get set }

    /// The items of a page, and the token of the next one; empty for the last.
    static func page(_ answer: Response) -> (items: [Item], next: String)
}

extension ListRequest {
    /// The items of this page and of all that follow; `call` gets one page.
    package func all(_ call: (Self) async throws -> Response) async throws -> [Item] {
        var request = self
        var items: [Item] = []
        repeat {
            let (found, next) = Self.page(try await call(request))
            items += found
            request.startingToken = next
        } while !request.startingToken.isEmpty
        return items
    }
}

extension ListVolumesRequest: ListRequest {
    package static func page(_ answer: ListVolumesResponse) -> (items: [Volume], next: String) {
        (answer.entries.compactMap(\.volume), answer.nextToken)
    }
}

extension ListSnapshotsRequest: ListRequest {
    package static func page(_ answer: ListSnapshotsResponse)
        -> (items: [Snapshot], next: String)
    {
        (answer.entries.compactMap(\.snapshot), answer.nextToken)
    }
}

extension DescribeVolumesRequest: ListRequest {
    package static func page(_ answer: DescribeVolumesResponse)
        -> (items: [VolumeDescription], next: String)
    {
        (answer.volumes, answer.nextToken)
    }
}
