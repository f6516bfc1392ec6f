import Testing

@Suite(.timeLimit(.minutes(5))) struct VolumeTests {
    @Test func `a new volume is listed and shown by its name`() async throws {
        try await withNode { node in
            let created = try await node.cairn("volume", "create", "data", "--size", "16Mi")
            #expect(created.code == 0)
            #expect(created.words(after: "name") == ["name", "data"])
            #expect(created.words(after: "size") == ["size", "16Mi", "(16777216", "bytes)"])
            try await node.make("more", "--size", "32Mi", "--tier", "thick")

            let listed = try await node.cairn("volume", "list")
            #expect(
                listed.lines.first?.split(separator: " ")
                    == ["NAME", "SIZE", "TIER", "KIND", "USED", "BY", "ID"]
            )
            #expect(
                listed.words(after: "data").prefix(5) == ["data", "16Mi", "scratch", "ext4", "-"]
            )
            #expect(
                listed.words(after: "more").prefix(5) == ["more", "32Mi", "thick", "ext4", "-"]
            )

            let shown = try await node.cairn("volume", "show", "data")
            #expect(shown.words(after: "tier") == ["tier", "scratch"])
            #expect(shown.words(after: "contents") == ["contents", "blank"])
        }
    }

    @Test func `columns are aligned`() async throws {
        try await withNode { node in
            try await node.make("a")
            try await node.make("a-longer-name", "--size", "128Mi")
            let lines = try await node.cairn("volume", "list").lines
            let starts = lines.map { line in
                line.firstRange(of: line.contains("TIER") ? "TIER" : "scratch")?.lowerBound
                    .utf16Offset(in: line)
            }
            #expect(lines.count == 3 && Set(starts).count == 1)
        }
    }

    @Test func `JSON holds exact bytes, and an id finds its volume`() async throws {
        try await withNode { node in
            let made = try await node.make("data", "--size", "20Mi", "--filesystem", "ext4")
            #expect(made.sizeBytes == 20 << 20 && made.name == "data" && made.tier == "scratch")
            let shown = try await node.cairn("volume", "show", made.id, "--output", "json")
            #expect(try shown.decoded(VolumeFacts.self).name == "data")
            let listed = try await node.cairn("volume", "list", "-o", "json")
            #expect(try listed.decoded([VolumeFacts].self).map(\.id) == [made.id])
        }
    }

    @Test func `nothing is listed in words, and in JSON as an empty array`() async throws {
        try await withNode { node in
            #expect(try await node.cairn("volume", "list").output == "no volumes\n")
            let json = try await node.cairn("volume", "list", "-o", "json")
            #expect(try json.decoded([VolumeFacts].self).isEmpty)
        }
    }

    @Test func `creating again is harmless, and another size is a conflict`() async throws {
        try await withNode { node in
            let first = try await node.make("data")
            #expect(try await node.make("data").id == first.id)
            let larger = try await node.cairn("volume", "create", "data", "--size", "64Mi")
            #expect(larger.code == 4 && larger.output.isEmpty)
            #expect(larger.error.hasPrefix("cairn: cannot create volume 'data': "))
            #expect(larger.error.contains("a different size: 64Mi"))
            #expect(larger.error.split(separator: "\n").count == 1)
        }
    }

    @Test func `a tier that is full, and one that does not exist`() async throws {
        try await withNode { node in
            let full = try await node.cairn("volume", "create", "data", "--size", "10Ti")
            #expect(full.code == 5 && full.error.contains("has no room"))
            let unknown = try await node.cairn("volume", "create", "data", "--tier", "gold")
            #expect(unknown.code == 5 && unknown.error.contains("the tiers are: scratch, thick"))
        }
    }

    @Test func `a volume that does not exist is code 3, wherever it is named`() async throws {
        try await withNode { node in
            let commands = [
                ["volume", "show", "gone"], ["volume", "delete", "gone"],
                ["volume", "clone", "gone", "copy"], ["volume", "expand", "gone", "--size", "1Gi"],
                ["snapshot", "create", "gone", "snap"], ["mount", "gone", node.target("a")],
            ]
            for command in commands {
                let outcome = try await CommandLine.run(command, environment: node.environment)
                #expect(outcome.code == 3, "\(command)")
                #expect(outcome.error.contains("volume 'gone' does not exist"), "\(command)")
            }
            let harmless = try await node.cairn("volume", "delete", "--if-exists", "gone")
            #expect(harmless.code == 0)
            #expect(harmless.output == "volume 'gone' did not exist\n")
        }
    }

    @Test func `delete goes on behind a failure, whose code it ends with`() async throws {
        try await withNode { node in
            try await node.make("first")
            try await node.make("last")
            let outcome = try await node.cairn("volume", "delete", "first", "gone", "last")
            #expect(outcome.code == 3)
            #expect(outcome.lines == ["volume 'first' deleted", "volume 'last' deleted"])
            #expect(try await node.cairn("volume", "list").output == "no volumes\n")
        }
    }

    @Test func `a clone stays in its source's tier and may be larger`() async throws {
        try await withNode { node in
            let source = try await node.make("data", "--tier", "thick")
            let outcome = try await node.cairn(
                "volume",
                "clone",
                "data",
                "copy",
                "--size",
                "32Mi",
                "-o",
                "json"
            )
            let copy = try outcome.decoded(VolumeFacts.self)
            #expect(copy.tier == "thick" && copy.sizeBytes == 32 << 20)
            #expect(copy.source == "volume \(source.id)")
        }
    }

    @Test func `a block volume is known as one when it is cloned`() async throws {
        try await withNode { node in
            try await node.make("disk", "--block")
            let outcome = try await node.cairn("volume", "clone", "disk", "copy", "-o", "json")
            #expect(try outcome.decoded(VolumeFacts.self).isBlock == true)
        }
    }

    @Test func `a volume that is not mounted grows at once, its file system later`() async throws {
        try await withNode { node in
            try await node.make("data")
            let outcome = try await node.cairn("volume", "expand", "data", "--size", "24Mi")
            #expect(outcome.code == 0)
            #expect(outcome.words(after: "size").dropFirst().first == "24Mi")
            #expect(outcome.error.contains("grows at the next mount"))
            let smaller = try await node.cairn("volume", "expand", "data", "--size", "20Mi")
            #expect(smaller.code == 0 && smaller.error.contains("is already larger than 20Mi"))
        }
    }

    @Test func `a mounted volume grows with its file system`() async throws {
        try await withNode { node in
            try await node.make("data", "--size", "300Mi", "--filesystem", "xfs")
            #expect(try await node.cairn("mount", "data", node.target("a")).code == 0)
            let before = try filesystemSize(node.target("a"))
            let outcome = try await node.cairn("volume", "expand", "data", "--size", "400Mi")
            #expect(outcome.code == 0 && outcome.error.isEmpty)
            #expect(try filesystemSize(node.target("a")) > before)
        }
    }
}
