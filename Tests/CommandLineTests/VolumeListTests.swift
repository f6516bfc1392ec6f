import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct VolumeListTests {
    @Test func `a pod is a few letters in the list, and whole paths in show and JSON`() async throws
    {
        try await withNode { node in
            try await node.make("data")
            var folder = node.target("pods")
            try Paths.makeFolder(folder)
            let pod = "0a1b2c3d-1111-2222-3333-444444444444"
            for name in [pod, "volumes", "kubernetes.io~csi", "pvc"] {
                folder += "/\(name)"
                try Paths.makeFolder(folder)
            }
            let target = "\(folder)/mount"
            #expect(try await node.cairn("mount", "data", target).code == 0)
            let row = try await node.cairn("volume", "list").words(after: "data")
            #expect(row.dropFirst(4).prefix(2) == ["pod", "0a1b2c3d"])
            let listed = try await node.cairn("volume", "list")
            #expect(listed.lines.allSatisfy { $0.utf8.count < 120 })
            let shown = try await node.cairn("volume", "show", "data")
            #expect(shown.output.contains("mounted at  \(target)\n"))
            let json = try await node.cairn("volume", "list", "-o", "json")
            #expect(try json.decoded([VolumeFacts].self).first?.targets == [target])
        }
    }

    @Test func `what the list shows is found by its name after the node was renamed`()
        async throws
    {
        try await withNode(earlier: { node in
            try await node.make("old")
            try await node.make("both")
            #expect(try await node.cairn("snapshot", "create", "old", "cut").code == 0)
        }) { node in
            let own = try await node.make("both")
            #expect(try await node.cairn("volume", "list").words(after: "old").first == "old")
            let shown = try await node.cairn("volume", "show", "old")
            #expect(shown.code == 0 && shown.words(after: "name") == ["name", "old"])
            #expect(
                try await node.cairn("snapshot", "restore", "cut", "new").code == 0
            )
            #expect(try await node.cairn("volume", "expand", "old", "--size", "24Mi").code == 0)
            // Of two with one name it is the one that this node id stands for.
            let both = try await node.cairn("volume", "show", "both", "-o", "json")
            #expect(try both.decoded(VolumeFacts.self).id == own.id)
            let deleted = try await node.cairn("snapshot", "delete", "cut")
            #expect(deleted.code == 0)
            #expect(try await node.cairn("volume", "delete", "old").code == 0)
        }
    }

    /// CSI allows any name without control characters; the driver of another vendor says anything.
    @Test func `nothing from outside reaches the terminal as it is`() async throws {
        let odd = "a\u{202E}gpj\u{200B}\u{2028}\u{A0}\u{FEFF}b"
        let escaped = "a\\u202egpj\\u200b\\u2028\\u00a0\\ufeffb"
        try await withNode { node in
            try await node.make(odd)
            for arguments in [["list"], ["show", odd], ["list", "-o", "json"]] {
                let outcome = try await CommandLine.run(
                    ["volume"] + arguments,
                    environment: node.environment
                )
                #expect(outcome.code == 0)
                let isShown = outcome.output.utf8.elementsEqual(
                    outcome.output.printableLines.utf8
                )
                #expect(isShown && outcome.output.contains(escaped), "\(arguments)")
            }
            let json = try await node.cairn("volume", "list", "-o", "json")
            let isName = try json.decoded([VolumeFacts].self).first?.name?.hasSameBytes(as: odd)
            #expect(isName == true)
            let missing = try await node.cairn("volume", "show", "\u{202E}x")
            #expect(missing.code == 3 && missing.error.contains("volume '\\u202ex' does not exist"))
        }
    }

    @Test func `a driver's words are printed as text`() async throws {
        let answer = ScriptedDriver.Answer.failure(.internalError, "a\u{1B}[2J\u{9B}b\r\nc\u{2067}")
        try await ScriptedDriver.serve([answer]) { driver in
            let outcome = try await driver.create()
            #expect(outcome.error.contains("a\\u001b[2J\\u009bb\\r c\\u2067"))
            let isShown = outcome.error.utf8.elementsEqual(outcome.error.printableLines.utf8)
            #expect(isShown)
        }
    }
}
