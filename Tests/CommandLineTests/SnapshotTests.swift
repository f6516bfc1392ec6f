import Testing

@Suite(.timeLimit(.minutes(5))) struct SnapshotTests {
    private struct SnapshotFacts: Decodable {
        let id: String
        let name: String?
        let source: String?
        let sourceID: String
        let sizeBytes: Int64
        let isReady: Bool
    }

    @Test func `a snapshot is created, listed, restored and deleted by its name`() async throws {
        try await withNode { node in
            let data = try await node.make("data")
            try await node.make("other")
            let created = try await node.cairn("snapshot", "create", "data", "snap", "-o", "json")
            let snapshot = try created.decoded(SnapshotFacts.self)
            #expect(snapshot.name == "snap" && snapshot.sourceID == data.id && snapshot.isReady)

            let listed = try await node.cairn("snapshot", "list")
            #expect(
                listed.words(after: "snap").prefix(4) == ["snap", "16Mi", "scratch", "data"]
            )
            let ofOther = try await node.cairn("snapshot", "list", "--volume", "other")
            #expect(ofOther.output == "no snapshots\n")

            let restored = try await node.cairn("snapshot", "restore", "snap", "back", "-o", "json")
            let volume = try restored.decoded(VolumeFacts.self)
            #expect(volume.source == "snapshot \(snapshot.id)" && volume.sizeBytes == 16 << 20)

            let deleted = try await node.cairn("snapshot", "delete", "snap")
            #expect(deleted.output == "snapshot 'snap' deleted\n")
            #expect(try await node.cairn("snapshot", "delete", "snap").code == 3)
        }
    }

    @Test func `a snapshot of another volume by the same name is a conflict`() async throws {
        try await withNode { node in
            try await node.make("data")
            try await node.make("other")
            #expect(try await node.cairn("snapshot", "create", "data", "snap").code == 0)
            #expect(try await node.cairn("snapshot", "create", "data", "snap").code == 0)
            #expect(try await node.cairn("snapshot", "create", "other", "snap").code == 4)
        }
    }

    @Test func `a restore holds what the source held when it was cut`() async throws {
        try await withNode { node in
            try await node.make("data")
            #expect(try await node.cairn("mount", "data", node.target("data")).code == 0)
            try Greeting.write("before", in: node.target("data"))
            #expect(try await node.cairn("snapshot", "create", "data", "snap").code == 0)
            try Greeting.write("behind", in: node.target("data"))
            #expect(try await node.cairn("snapshot", "restore", "snap", "back").code == 0)
            #expect(try await node.cairn("mount", "back", node.target("back")).code == 0)
            #expect(try Greeting.read(in: node.target("back")) == "before")
            #expect(try Greeting.read(in: node.target("data")) == "behind")
        }
    }
}
