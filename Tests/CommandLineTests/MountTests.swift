import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct MountTests {
    @Test func `mount and unmount need no more than the target, and leave nothing`() async throws {
        try await withNode { node in
            let target = node.target("data")
            try await node.make("data")
            let mounted = try await node.cairn("mount", "data", target)
            #expect(mounted.output == "volume 'data' is mounted at \(target)\n")
            try Greeting.write("hello", in: target)
            #expect(try await node.cairn("mount", "data", target).code == 0)
            #expect(try node.mounts(at: target).count == 1)
            let listed = try await node.cairn("volume", "list")
            #expect(listed.words(after: "data").contains(target))
            #expect(try await node.cairn("volume", "delete", "data").code == 7)

            let unmounted = try await node.cairn("unmount", target)
            #expect(unmounted.output == "unmounted \(target)\n")
            #expect(try node.mounts(at: target).isEmpty)
            #expect(Paths.names(in: "\(node.folder)/mnt").isEmpty)

            #expect(try await node.cairn("mount", "data", target).code == 0)
            #expect(try Greeting.read(in: target) == "hello")
        }
    }

    @Test func `two drivers of one host that have the same id unmount their own volume`()
        async throws
    {
        try await withNode { first in
            try await withNode { second in
                for node in [first, second] {
                    try await node.make("data")
                    #expect(try await node.cairn("mount", "data", node.target("data")).code == 0)
                    try Greeting.write(node.folder, in: node.target("data"))
                }
                #expect(
                    try await first.cairn("volume", "list", "-o", "json")
                        .decoded([VolumeFacts].self).map(\.id)
                        == second.cairn("volume", "list", "-o", "json")
                        .decoded([VolumeFacts].self).map(\.id)
                )
                // Without a tiers file, which would tell whose device is whose.
                let target = second.target("data")
                let unmounted = try await CommandLine.run([
                    "unmount", target, "--endpoint", second.endpoint,
                ])
                #expect(unmounted.output == "unmounted \(target)\n", "\(unmounted.error)")
                #expect(Paths.names(in: "\(second.folder)/mnt").isEmpty)
                #expect(try Greeting.read(in: first.target("data")) == first.folder)
                let named = try await CommandLine.run([
                    "unmount", first.target("data"), "--volume", "data", "--endpoint",
                    first.endpoint,
                ])
                #expect(named.code == 0, "\(named.error)")
                #expect(Paths.names(in: "\(first.folder)/mnt").isEmpty)
            }
        }
    }

    @Test func `a read-only target refuses writes`() async throws {
        try await withNode { node in
            try await node.make("data")
            let mounted = try await node.cairn("mount", "data", node.target("a"), "--read-only")
            #expect(mounted.output.hasSuffix(", read-only\n"))
            #expect(try node.mounts(at: node.target("a")).allSatisfy(\.isReadOnly))
        }
    }

    @Test func `a block volume is shown as a device without being told`() async throws {
        try await withNode { node in
            try await node.make("disk", "--block")
            let target = node.target("disk")
            #expect(try await node.cairn("mount", "disk", target).code == 0)
            try Bytes.write([1, 2, 3], to: target)
            #expect(try Bytes.read(target, count: 3) == [1, 2, 3])
            #expect(try await node.cairn("unmount", target).code == 0)
            #expect(!Paths.exists(target))
        }
    }

    @Test func `a second target needs --shared at both, and the last one unstages`() async throws {
        try await withNode { node in
            let (first, second) = (node.target("first"), node.target("second"))
            try await node.make("data")
            #expect(try await node.cairn("mount", "data", first).code == 0)
            let refused = try await node.cairn("mount", "data", second)
            #expect(refused.code == 7 && refused.error.contains("allows one target only"))
            #expect(try await node.cairn("unmount", first).code == 0)

            #expect(try await node.cairn("mount", "data", first, "--shared").code == 0)
            #expect(try await node.cairn("mount", "data", second, "--shared").code == 0)
            try Greeting.write("hello", in: first)
            #expect(try Greeting.read(in: second) == "hello")
            let one = try await node.cairn("unmount", first)
            #expect(one.output == "unmounted \(first); the volume is still mounted at \(second)\n")
            #expect(try await node.cairn("unmount", second).code == 0)
            #expect(try await node.cairn("volume", "delete", "data").code == 0)
            #expect(Paths.names(in: "\(node.folder)/mnt").isEmpty)
        }
    }

    @Test func `what cannot be mounted leaves the volume unstaged`() async throws {
        try await withNode { node in
            try await node.make("data")
            let outside = try await node.cairn("mount", "data", "/tmp/cairn-outside")
            #expect(outside.code == 2 && outside.error.contains("is not under"))
            let staging = "\(node.folder)/mnt/stage.staged"
            let orphan = try await node.cairn(
                "mount",
                "data",
                node.target("no/such"),
                "--staging",
                staging
            )
            #expect(orphan.code != 0)
            #expect(try node.mounts(at: staging).isEmpty)
            #expect(try await node.cairn("volume", "delete", "data").code == 0)
        }
    }

    @Test func `nothing to unmount is code 3, unless the volume is named`() async throws {
        try await withNode { node in
            try await node.make("data")
            let unknown = try await node.cairn("unmount", node.target("a"))
            #expect(unknown.code == 3 && unknown.error.contains("no volume is mounted at"))
            let named = try await node.cairn("unmount", node.target("a"), "--volume", "data")
            #expect(named.code == 0)
        }
    }
}
